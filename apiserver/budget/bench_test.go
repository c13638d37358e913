package budget_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apiserver/pkg/endpoints/request"

	"tollgate.dev/tollgate/apis/tollgate/v1alpha1"
	"tollgate.dev/tollgate/apiserver/balance"
	"tollgate.dev/tollgate/apiserver/budget"
	"tollgate.dev/tollgate/apiserver/page"
	"tollgate.dev/tollgate/metering/ledger"
	"tollgate.dev/tollgate/metering/terms"
	"tollgate.dev/tollgate/tenancy"
)

// ready is a ledger whose answer is there already, so that only the list's own
// work is measured.
type ready struct {
	directory *tenancy.Directory
	users     []ledger.Path
	views     []ledger.NodeView
}

func (r *ready) Snapshot() *tenancy.Directory                         { return r.directory }
func (r *ready) Ledger(string) (balance.Reader, bool)                 { return r, true }
func (r *ready) Answered(string, int, time.Duration)                  {}
func (r *ready) Users(context.Context, string) ([]ledger.Path, error) { return r.users, nil }
func (r *ready) Nodes(_ context.Context, _ string, paths []ledger.Path) ([]ledger.NodeView, error) {
	return r.views[:len(paths)], nil
}

// BenchmarkList is a list of 10,000 budgets without Redis and without encoding.
func BenchmarkList(b *testing.B) {
	p := &v1alpha1.Project{ObjectMeta: metav1.ObjectMeta{Namespace: "acme", Name: "chat", UID: "0b5c7f9e-8f8e-4a54-9d6e-0c6b3a1f2d3c"},
		Spec: v1alpha1.ProjectSpec{Organization: "acme", Groups: []v1alpha1.Group{{Name: "eng", UserBudget: &v1alpha1.Budget{Limit: "500"}}}}}
	r := &ready{}
	own, err := terms.NewCompiler().Compile(&v1alpha1.Budget{Limit: "500"})
	if err != nil {
		b.Fatal(err)
	}
	for i := range 9_998 {
		name := fmt.Sprintf("user-%05d", i)
		p.Spec.Groups[0].Users = append(p.Spec.Groups[0].Users, v1alpha1.User{Name: name})
		r.users = append(r.users, ledger.Path("acme.chat.eng."+name))
	}
	for i := range 10_000 {
		r.views = append(r.views, ledger.NodeView{Applied: true, Terms: own.Terms, Spent: spentBy(ledger.Path(fmt.Sprint(i))),
			WindowStart: time.Date(2026, 11, 1, 0, 0, 0, 0, time.UTC), WindowEnd: time.Date(2026, 12, 1, 0, 0, 0, 0, time.UTC)})
	}
	o := &v1alpha1.Organization{ObjectMeta: metav1.ObjectMeta{Name: "acme"}, Spec: v1alpha1.OrganizationSpec{Namespaces: []string{"acme"}}}
	r.directory = tenancy.NewDirectory([]*v1alpha1.Organization{o}, []*v1alpha1.Project{p})
	storage := budget.New(r, balance.NewFetcher(r, time.Second, time.Now), page.NewIssuer(nil), r)
	ctx := request.WithNamespace(b.Context(), "acme")
	b.ReportAllocs()
	for b.Loop() {
		if _, err := storage.List(ctx, nil); err != nil {
			b.Fatal(err)
		}
	}
}
