package organizationbudget_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/apis/meta/internalversion"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/fields"
	"k8s.io/apimachinery/pkg/labels"

	metering "tollgate.dev/tollgate/apis/metering/v1alpha1"
	"tollgate.dev/tollgate/apis/tollgate/v1alpha1"
	"tollgate.dev/tollgate/apiserver/balance"
	"tollgate.dev/tollgate/apiserver/organizationbudget"
	"tollgate.dev/tollgate/apiserver/page"
	"tollgate.dev/tollgate/metering/ledger"
	"tollgate.dev/tollgate/metering/money"
	"tollgate.dev/tollgate/metering/terms"
	"tollgate.dev/tollgate/tenancy"
)

// world is four organizations, of which globex' ledger is away and initech's
// is not known.
type world struct{ directory *tenancy.Directory }

func newWorld() *world {
	var orgs []*v1alpha1.Organization
	for name, l := range map[string]string{"acme": "default", "globex": "away", "hooli": "default", "initech": "missing"} {
		orgs = append(orgs, &v1alpha1.Organization{ObjectMeta: metav1.ObjectMeta{Name: name}, Spec: v1alpha1.OrganizationSpec{
			Ledger: v1alpha1.LedgerReference{Name: l}, Budget: &v1alpha1.Budget{Limit: "100"}}})
	}
	return &world{directory: tenancy.NewDirectory(orgs, nil)}
}

func (w *world) Snapshot() *tenancy.Directory        { return w.directory }
func (w *world) Answered(string, int, time.Duration) {}
func (w *world) Ledger(name string) (balance.Reader, bool) {
	return reader{away: name == "away"}, name != "missing"
}

type reader struct{ away bool }

func (r reader) Users(context.Context, string) ([]ledger.Path, error) {
	return nil, errors.New("nobody asks for users")
}

func (r reader) Nodes(_ context.Context, org string, paths []ledger.Path) ([]ledger.NodeView, error) {
	if r.away {
		return nil, errors.New("away")
	}
	own, err := terms.NewCompiler().Compile(&v1alpha1.Budget{Limit: "100"})
	if err != nil {
		return nil, err
	}
	v := ledger.NodeView{Path: paths[0], Applied: true, Terms: own.Terms, WindowStart: time.Unix(0, 0)}
	if org == "hooli" {
		v.Spent = 100 * money.Dollar
	}
	return []ledger.NodeView{v}, nil
}

func (w *world) storage() *organizationbudget.Storage {
	return organizationbudget.New(w, balance.NewFetcher(w, time.Second, time.Now), page.NewIssuer(nil), w)
}

func TestList(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, labels, fields string
		limit                int64
		want                 string
		refused              string
	}{
		{name: "all", want: "acme:Active globex:Unknown hooli:Exhausted initech:Unknown"},
		{name: "state", fields: "state=Unknown", want: "globex:Unknown initech:Unknown"},
		{name: "name", fields: "metadata.name=acme", want: "acme:Active"},
		{name: "label", labels: "organization in (acme,hooli)", want: "acme:Active hooli:Exhausted"},
		{name: "level", labels: "level!=Organization", want: ""},
		{name: "page", limit: 2, want: "acme:Active globex:Unknown"},
		{name: "unknown field", fields: "metadata.namespace=x", refused: "metadata.name, state"},
		{name: "unknown label", labels: "project=x", refused: "organization, level"},
		{name: "unknown state", fields: "state=Gone", refused: "Active, Warning"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			l, err := labels.Parse(tt.labels)
			if err != nil {
				t.Fatal(err)
			}
			f, err := fields.ParseSelector(tt.fields)
			if err != nil {
				t.Fatal(err)
			}
			obj, err := newWorld().storage().List(t.Context(), &internalversion.ListOptions{LabelSelector: l, FieldSelector: f, Limit: tt.limit})
			if tt.refused != "" {
				if !apierrors.IsBadRequest(err) || !strings.Contains(err.Error(), tt.refused) {
					t.Errorf("%v, want a 400 that says %q", err, tt.refused)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			list := obj.(*metering.OrganizationBudgetList)
			var got []string
			for _, b := range list.Items {
				got = append(got, b.Name+":"+string(b.Status.State))
			}
			if diff := cmp.Diff(tt.want, strings.Join(got, " ")); diff != "" {
				t.Error(diff)
			}
			if (list.Continue != "") != (tt.limit > 0) {
				t.Errorf("continue %q", list.Continue)
			}
		})
	}
}

func TestGet(t *testing.T) {
	t.Parallel()
	s := newWorld().storage()
	obj, err := s.Get(t.Context(), "acme", nil)
	if err != nil {
		t.Fatal(err)
	}
	if b := obj.(*metering.OrganizationBudget); b.Name != "acme" || b.Namespace != "" || b.Status.Remaining != "100.00" || b.Spec.Level != metering.LevelOrganization {
		t.Errorf("got %+v", b)
	}
	if _, err := s.Get(t.Context(), "missing", nil); !apierrors.IsNotFound(err) {
		t.Errorf("got %v, want a 404", err)
	}
}

func TestTableRefusesOtherObjects(t *testing.T) {
	t.Parallel()
	if _, err := newWorld().storage().ConvertToTable(t.Context(), &metering.Usage{}, nil); err == nil {
		t.Error("a Usage became a table of organization budgets")
	}
}
