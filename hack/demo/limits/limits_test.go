package limits_test

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/redis/go-redis/v9"

	"tollgate.dev/tollgate/apis/tollgate/v1alpha1"
	"tollgate.dev/tollgate/hack/cluster/clustertest"
	"tollgate.dev/tollgate/hack/demo/limits"
	"tollgate.dev/tollgate/hack/demo/specs"
	"tollgate.dev/tollgate/metering/ledger"
	"tollgate.dev/tollgate/metering/money"
)

func quiet() *slog.Logger { return slog.New(slog.NewTextHandler(io.Discard, nil)) }

func examples(t *testing.T) *specs.Specs {
	t.Helper()
	s, err := specs.Load(filepath.Join("..", "..", "..", "manifests", "examples"))
	if err != nil {
		t.Fatal(err)
	}
	return s
}

type fixture struct {
	t      *testing.T
	client *redis.Client
	ledger *ledger.Ledger
	now    time.Time
	writer *limits.Writer
}

func newFixture(t *testing.T) *fixture {
	client := clustertest.Redis(t).Client()
	t.Cleanup(func() { client.Close() })
	f := &fixture{t: t, client: client, ledger: ledger.New(client), now: time.Now()}
	f.writer = limits.NewWriter(f.ledger, quiet(), func() time.Time { return f.now })
	return f
}

// write writes and returns how often globex's limits were written so far.
func (f *fixture) write(s *specs.Specs) int64 {
	f.t.Helper()
	if err := f.writer.Write(f.t.Context(), s); err != nil {
		f.t.Fatal(err)
	}
	n, err := f.client.HGet(f.t.Context(), "tg:{globex}:b:globex", "gen").Int64()
	if err != nil {
		f.t.Fatal(err)
	}
	return n
}

func TestLimitsAreWrittenWhenTheyMust(t *testing.T) {
	t.Parallel()
	f, s := newFixture(t), examples(t)
	if n := f.write(s); n != 1 {
		t.Errorf("generation %d", n)
	}
	if n := f.write(examples(t)); n != 1 {
		t.Errorf("generation %d: written although nothing changed", n)
	}
	f.now = f.now.Add(time.Hour)
	if n := f.write(s); n != 2 {
		t.Errorf("generation %d: boundaries ahead were not renewed", n)
	}
	globex, _ := s.Directory.Organization("globex")
	globex.Node.Budget = &v1alpha1.Budget{Limit: "1"}
	if n := f.write(s); n != 3 {
		t.Errorf("generation %d: a changed limit was not written", n)
	}
	if err := f.client.FlushAll(t.Context()).Err(); err != nil {
		t.Fatal(err)
	}
	if n := f.write(s); n != 1 {
		t.Errorf("generation %d: an empty Redis was not written", n)
	}
	views, err := f.ledger.Nodes(t.Context(), "acme", []ledger.Path{"acme.chat.interns", "acme.chat.engineers.visitor"})
	if err != nil {
		t.Fatal(err)
	}
	if v := views[0]; !v.Applied || v.Limit != money.Dollar/2 || v.Enforcement != ledger.Block {
		t.Errorf("interns: %+v", v)
	}
	if v := views[1]; v.Applied || v.Limit != 25*money.Dollar {
		t.Errorf("a user who is not listed: %+v", v)
	}
}

func TestWhatIsGoneIsRemoved(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	f.write(examples(t))
	acme := &v1alpha1.Organization{}
	acme.Name = "acme"
	globex := &v1alpha1.Organization{}
	globex.Name = "globex"
	f.write(specs.New([]*v1alpha1.Organization{acme, globex}, nil, nil))
	paths := []ledger.Path{"acme", "acme.chat", "acme.chat.engineers.bob"}
	views, err := f.ledger.Nodes(t.Context(), "acme", paths)
	if err != nil {
		t.Fatal(err)
	}
	var applied []bool
	for _, v := range views {
		applied = append(applied, v.Applied)
	}
	if diff := cmp.Diff([]bool{true, false, false}, applied); diff != "" {
		t.Error(diff)
	}
}

// brokenLedger fails for one organization.
type brokenLedger struct{ applied []string }

func (b *brokenLedger) NextGeneration(context.Context, string) (int64, error) { return 1, nil }

func (b *brokenLedger) Apply(_ context.Context, org string, _ ledger.Application) error {
	if org == "acme" {
		return errors.New("out of memory")
	}
	b.applied = append(b.applied, org)
	return nil
}

func (b *brokenLedger) Nodes(context.Context, string, []ledger.Path) ([]ledger.NodeView, error) {
	return nil, nil
}
func (b *brokenLedger) Paths(context.Context, string) ([]ledger.Path, error) { return nil, nil }

func TestOneOrganizationDoesNotKeepAnotherFromItsLimits(t *testing.T) {
	t.Parallel()
	l := &brokenLedger{}
	err := limits.NewWriter(l, quiet(), time.Now).Write(t.Context(), examples(t))
	if err == nil {
		t.Error("no error")
	}
	if diff := cmp.Diff([]string{"globex"}, l.applied); diff != "" {
		t.Error(diff)
	}
}
