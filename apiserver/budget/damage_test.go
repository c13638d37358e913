package budget_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/redis/go-redis/v9"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/apis/meta/internalversion"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/fields"
	"k8s.io/apiserver/pkg/endpoints/request"
	"pgregory.net/rapid"

	metering "tollgate.dev/tollgate/apis/metering/v1alpha1"
	"tollgate.dev/tollgate/apis/tollgate/v1alpha1"
	"tollgate.dev/tollgate/apiserver/balance"
	"tollgate.dev/tollgate/apiserver/budget"
	"tollgate.dev/tollgate/apiserver/page"
	"tollgate.dev/tollgate/hack/cluster/clustertest"
	"tollgate.dev/tollgate/metering/ledger"
	"tollgate.dev/tollgate/metering/terms"
	"tollgate.dev/tollgate/tenancy"
)

// damaged is one project, served from a real ledger that a test damages.
type damaged struct {
	client    *redis.Client
	ledger    *ledger.Ledger
	directory *tenancy.Directory
}

func (d *damaged) Snapshot() *tenancy.Directory              { return d.directory }
func (d *damaged) Ledger(name string) (balance.Reader, bool) { return d.ledger, name == "default" }
func (d *damaged) Answered(string, int, time.Duration)       {}

// rows are the names that may have a row: a listed user, two who have spent on
// their group's default, and one whom nobody has seen.
func (d *damaged) rows() []string {
	return []string{"chat", "chat.eng", "chat.eng.alice", "chat.eng.dora", "chat.eng.erin", "chat.eng.nobody"}
}

func (d *damaged) reset(t *rapid.T) {
	ctx := t.Context()
	if err := d.client.FlushAll(ctx).Err(); err != nil {
		t.Fatal(err)
	}
	five := &v1alpha1.Budget{Limit: "5", Period: v1alpha1.Total}
	app, problems := terms.NewCompiler().Application([]terms.Node{
		{Path: "acme", Budget: five}, {Path: "acme.chat", Budget: five}, {Path: "acme.chat.eng", Budget: five, UserBudget: five}, {Path: "acme.chat.eng.alice", Budget: five},
	}, time.Now())
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	var err error
	if app.Generation, err = d.ledger.NextGeneration(ctx, "acme"); err != nil {
		t.Fatal(err)
	}
	if err := d.ledger.Apply(ctx, "acme", app); err != nil {
		t.Fatal(err)
	}
	for _, u := range []string{"dora", "erin"} {
		if _, err := d.ledger.Reserve(ctx, ledger.Reservation{ID: "request-" + u, Path: ledger.Path("acme.chat.eng." + u), Amount: 7, TTL: time.Minute}); err != nil {
			t.Fatal(err)
		}
	}
}

// damage draws a command that no script of the ledger would send.
func (d *damaged) damage(t *rapid.T) []any {
	const prefix = "tg:{acme}:"
	nodes := []string{prefix + "b:acme", prefix + "b:acme.chat", prefix + "b:acme.chat.eng", prefix + "b:acme.chat.eng.alice",
		prefix + "b:acme.chat.eng.dora", prefix + "b:acme.chat.eng.erin"}
	rubbish := rapid.SampledFrom([]string{"", "x", "-1", strings.Repeat("\xff", 64), strings.Repeat("\x00", 47)}).Draw(t, "rubbish")
	key := rapid.SampledFrom(append(nodes, prefix+"open", prefix+"open", prefix+"open", prefix+"cal", prefix+"due", prefix+"touched")).Draw(t, "key")
	all := rapid.SampledFrom([]string{"lim", "cal", "ul", "uc", "wl", "wc", "t0", "c", "T", "gen", "v"}).Draw(t, "field")
	if key == prefix+"open" {
		all = rapid.SampledFrom(nodes).Draw(t, "window")
	}
	switch rapid.IntRange(0, 3).Draw(t, "how") {
	case 0:
		return []any{"SET", key, rubbish}
	case 1:
		return []any{"DEL", key}
	case 2:
		return []any{"HDEL", key, all}
	}
	return []any{"HSET", key, all, rubbish}
}

// TestGetIsOneOfTheListWhateverIsDamaged holds three ways to ask for a budget
// against each other: by name, by field selector, and in the list of all.
func TestGetIsOneOfTheListWhateverIsDamaged(t *testing.T) {
	t.Parallel()
	client := clustertest.Redis(t).Client()
	defer client.Close()
	group := v1alpha1.Group{Name: "eng", UserBudget: &v1alpha1.Budget{Limit: "5", Period: v1alpha1.Total}, Users: []v1alpha1.User{{Name: "alice"}}}
	d := &damaged{client: client, ledger: ledger.New(client), directory: tenancy.NewDirectory(
		[]*v1alpha1.Organization{{ObjectMeta: metav1.ObjectMeta{Name: "acme", UID: "acme"},
			Spec: v1alpha1.OrganizationSpec{Namespaces: []string{"acme"}, Ledger: v1alpha1.LedgerReference{Name: "default"}}}},
		[]*v1alpha1.Project{{ObjectMeta: metav1.ObjectMeta{Name: "chat", Namespace: "acme", UID: "chat"},
			Spec: v1alpha1.ProjectSpec{Organization: "acme", Groups: []v1alpha1.Group{group}}}})}
	moment := func() time.Time { return time.Unix(1_800_000_000, 0) }
	storage := budget.New(d, balance.NewFetcher(d, 10*time.Minute, moment), page.NewIssuer(nil), d)
	list := func(t *rapid.T, set fields.Set) map[string]metering.Budget {
		obj, err := storage.List(request.WithNamespace(t.Context(), "acme"), &internalversion.ListOptions{FieldSelector: fields.SelectorFromSet(set)})
		if err != nil {
			t.Fatal(err)
		}
		all := map[string]metering.Budget{}
		for _, b := range obj.(*metering.BudgetList).Items {
			all[b.Name] = b
		}
		return all
	}
	get := func(t *rapid.T, name string) map[string]metering.Budget {
		obj, err := storage.Get(request.WithNamespace(t.Context(), "acme"), name, nil)
		if apierrors.IsNotFound(err) {
			return map[string]metering.Budget{}
		} else if err != nil {
			t.Fatal(err)
		}
		return map[string]metering.Budget{name: *obj.(*metering.Budget)}
	}
	rapid.Check(t, func(t *rapid.T) {
		d.reset(t)
		var done []string
		for range rapid.IntRange(0, 2).Draw(t, "damages") {
			command := d.damage(t)
			done = append(done, fmt.Sprintf("%q", command))
			// A key that is of another type by now refuses; that changes nothing.
			if err := client.Do(t.Context(), command...).Err(); err != nil && !redis.HasErrorPrefix(err, "WRONGTYPE") {
				t.Fatal(err)
			}
		}
		all := list(t, nil)
		listsUsers := client.ZScore(context.Background(), "tg:{acme}:touched", "acme.chat.eng.dora").Err() == nil
		for _, name := range d.rows() {
			one := get(t, name)
			if diff := cmp.Diff(one, list(t, fields.Set{"metadata.name": name})); diff != "" {
				t.Fatalf("%s by name and by selector after %v:\n%s", name, done, diff)
			}
			// Without the list of users those who are not listed cannot be found.
			b, shown := all[name]
			if !shown && !listsUsers && (name == "chat.eng.dora" || name == "chat.eng.erin") {
				continue
			}
			inAll := map[string]metering.Budget{}
			if shown {
				inAll[name] = b
			}
			if diff := cmp.Diff(one, inAll); diff != "" {
				t.Fatalf("%s by name and in the list of all after %v:\n%s", name, done, diff)
			}
		}
	})
}
