package traffic

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"tollgate.dev/tollgate/controller/limits"
	"tollgate.dev/tollgate/hack/cluster"
	"tollgate.dev/tollgate/hack/cluster/clustertest"
	"tollgate.dev/tollgate/hack/demo/specs"
	"tollgate.dev/tollgate/metering/ledger"
	"tollgate.dev/tollgate/metering/money"
)

// examples are the objects of manifests/examples.
func examples(t *testing.T) *specs.Specs {
	t.Helper()
	s, err := specs.Load(filepath.Join("..", "..", "..", "manifests", "examples"))
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestUsersOfTheExamples(t *testing.T) {
	t.Parallel()
	got := map[string][]string{}
	for _, u := range Users(examples(t)) {
		got[string(u.Path)] = u.Models
		if small := u.Path == "acme.chat.interns.ivy"; small != (u.Worth > 0) {
			t.Errorf("%s: a request is worth %s", u.Path, u.Worth)
		}
	}
	all := []string{"claude-sonnet-4-5", "gpt-4o", "gpt-4o-mini"}
	want := map[string][]string{
		"acme.chat.engineers.alice--40acme--2eexample":     all,
		"acme.chat.engineers.bob":                          all,
		"acme.chat.engineers.visitor":                      all,
		"acme.chat.interns.ivy":                            {"gpt-4o-mini"},
		"acme.search.indexers.crawler":                     {"gpt-4o-mini", "text-embedding-3-small"},
		"globex.chat.scientists.hank--40globex--2eexample": {"claude-sonnet-4-5", "gpt-4o"},
		"globex.chat.scientists.mindy":                     {"claude-sonnet-4-5", "gpt-4o"},
		"globex.chat.scientists.visitor":                   {"claude-sonnet-4-5", "gpt-4o"},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestAllowed(t *testing.T) {
	t.Parallel()
	known := []string{"a/x", "a/y", "b"}
	for _, tt := range []struct {
		name           string
		patterns, want []string
	}{
		{name: "none", want: []string{}},
		{name: "exact", patterns: []string{"b"}, want: []string{"b"}},
		{name: "prefix", patterns: []string{"a/*"}, want: []string{"a/x", "a/y"}},
		{name: "all", patterns: []string{"*"}, want: known},
		{name: "not known", patterns: []string{"c"}, want: []string{}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			if diff := cmp.Diff(tt.want, allowed(tt.patterns, known)); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestExposition(t *testing.T) {
	t.Parallel()
	g := NewGateway()
	l := Labels{Route: "acme-chat/chat", Cluster: "outbound|443||llm-openai.internal.dns", Model: `odd"\` + "\n", Consumer: "acme.chat.a.b"}
	g.Count(l, Response{Input: 5, Output: 0, Took: time.Second})
	g.Count(l, Response{Input: 7, Output: 3, Took: time.Second, FirstToken: 40 * time.Millisecond})
	w := httptest.NewRecorder()
	g.ServeHTTP(w, nil)
	labels := `{ai_route="acme-chat/chat",ai_cluster="outbound|443||llm-openai.internal.dns",ai_model="odd\"\\\n",ai_consumer="acme.chat.a.b"}`
	want := ""
	for _, m := range []struct{ name, value string }{
		{"input_token", "12"}, {"llm_duration_count", "2"}, {"llm_first_token_duration", "40"}, {"llm_service_duration", "2000"},
		{"llm_stream_duration_count", "1"}, {"output_token", "3"}, {"total_token", "15"},
	} {
		name := "route_upstream_model_consumer_metric_" + m.name
		want += "# TYPE " + name + " counter\n" + name + labels + " " + m.value + "\n"
	}
	if diff := cmp.Diff(want, w.Body.String()); diff != "" {
		t.Error(diff)
	}
}

// TestASmallBudgetRunsDownToNothing plays one user of the examples against a real
// ledger: what is refused is refused, what is left is spent, and nothing is held.
func TestASmallBudgetRunsDownToNothing(t *testing.T) {
	t.Parallel()
	client := clustertest.Redis(t).Client()
	defer client.Close()
	l := ledger.New(client)
	s := examples(t)
	if err := limits.WriteAll(t.Context(), l, s.Directory, time.Now()); err != nil {
		t.Fatal(err)
	}
	var ivy User
	for _, u := range Users(s) {
		if u.Path == "acme.chat.interns.ivy" {
			ivy = u
		}
	}
	gateway := NewGateway()
	c := &Caller{Ledger: l, Gateway: gateway, Rand: rand.New(rand.NewPCG(1, 2)), Now: time.Now,
		Sleep: func(ctx context.Context, _ time.Duration) error { return ctx.Err() }}
	outcomes := map[Outcome]int{}
	for range 100 {
		outcomes[c.Call(t.Context(), ivy)]++
	}
	views, err := l.Nodes(t.Context(), "acme", []ledger.Path{"acme.chat.interns", ivy.Path, "acme"})
	if err != nil {
		t.Fatal(err)
	}
	if v := views[0]; v.Spent != money.Dollar/2 || v.Held != 0 {
		t.Errorf("spent %s, held %s of $0.50", v.Spent, v.Held)
	}
	if views[1].Spent != views[0].Spent || views[2].Spent != views[0].Spent {
		t.Errorf("levels disagree: %s, %s, %s", views[0].Spent, views[1].Spent, views[2].Spent)
	}
	if n := outcomes[Answered]; n < 20 || n > 60 || outcomes[Refused] == 0 || outcomes[Broken]+outcomes[Unlimited]+outcomes[Unpriced] > 0 {
		t.Errorf("outcomes %v", outcomes)
	}
	if !strings.Contains(gateway.Exposition(), `ai_consumer="acme.chat.interns.ivy"`) {
		t.Error("nothing was counted")
	}
}

// lossyLedger loses answers, and holds.
type lossyLedger struct {
	settles, records int
	fail             int
	reserve          error
	settled          money.Amount
	life             time.Duration // of a hold
}

func (l *lossyLedger) Reserve(context.Context, ledger.Reservation) (ledger.Grant, error) {
	return ledger.Grant{Deadline: time.Now().Add(l.life)}, l.reserve
}

func (l *lossyLedger) Settle(_ context.Context, _ string, _ ledger.Path, actual money.Amount) (money.Amount, error) {
	l.settles++
	if l.settles <= l.fail {
		return 0, errors.New("connection reset")
	}
	l.settled = actual
	return actual, ledger.ErrGone
}

func (l *lossyLedger) Record(context.Context, string, ledger.Path, money.Amount) error {
	l.records++
	return nil
}

func TestSettlementsAreTriedUntilKnown(t *testing.T) {
	t.Parallel()
	u := Users(examples(t))[0]
	for _, tt := range []struct {
		name    string
		ledger  lossyLedger
		want    Outcome
		records int
	}{
		{name: "answers lost, then the hold is gone", ledger: lossyLedger{fail: 3, life: time.Minute}, want: Answered, records: 1},
		{name: "answers lost, then the hold is gone after its deadline", ledger: lossyLedger{fail: 3}, want: Answered},
		{name: "reserve unknown: given back", ledger: lossyLedger{reserve: errors.New("timeout")}, want: Broken},
		{name: "no limits yet", ledger: lossyLedger{reserve: &ledger.UnknownError{}}, want: Unlimited},
		{name: "refused with nothing left", ledger: lossyLedger{reserve: &ledger.RefusedError{}}, want: Refused},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			c := &Caller{Ledger: &tt.ledger, Gateway: NewGateway(), Rand: rand.New(rand.NewPCG(7, 7)), Now: time.Now,
				Sleep: func(ctx context.Context, _ time.Duration) error { return ctx.Err() }}
			if got := c.Call(t.Context(), u); got != tt.want || tt.ledger.records != tt.records {
				t.Errorf("%s with %d records, want %s with %d", got, tt.ledger.records, tt.want, tt.records)
			}
		})
	}
}

type fixedSpecs struct{ s *specs.Specs }

func (f fixedSpecs) Read(context.Context) (*specs.Specs, error) { return f.s, nil }

func TestRunServesAndEnds(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	address := freeAddress(t)
	go func() {
		done <- Run(ctx, Options{
			Specs: fixedSpecs{examples(t)}, Ledger: &freeLedger{}, Listen: address, Pause: time.Millisecond, Refresh: time.Minute,
			Log: slog.New(slog.NewTextHandler(io.Discard, nil)),
		})
	}()
	for path, want := range map[string]string{"/metrics": "metric_llm_duration_count{", "/outcomes": "answered "} {
		eventually(t, "a request is counted", func() error {
			if body := get("http://" + address + path); !strings.Contains(body, want) {
				return fmt.Errorf("%s: %s", path, body)
			}
			return nil
		})
	}
	cancel()
	if err := <-done; err != nil {
		t.Error(err)
	}
}

// freeLedger grants everything.
type freeLedger struct{}

func (freeLedger) Reserve(context.Context, ledger.Reservation) (ledger.Grant, error) {
	return ledger.Grant{}, nil
}

func (freeLedger) Settle(_ context.Context, _ string, _ ledger.Path, actual money.Amount) (money.Amount, error) {
	return actual, nil
}
func (freeLedger) Record(context.Context, string, ledger.Path, money.Amount) error { return nil }

func freeAddress(t *testing.T) string {
	t.Helper()
	ports, err := cluster.FreePorts(1)
	if err != nil {
		t.Fatal(err)
	}
	return cluster.Loopback(ports[0])
}

func get(url string) string {
	resp, err := http.Get(url)
	if err != nil {
		return ""
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		return ""
	}
	return string(body)
}
