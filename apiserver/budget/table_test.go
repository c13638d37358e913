package budget_test

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"text/tabwriter"
	"time"

	"github.com/google/go-cmp/cmp"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apiserver/pkg/endpoints/request"
	"sigs.k8s.io/yaml"

	metering "tollgate.dev/tollgate/apis/metering/v1alpha1"
	"tollgate.dev/tollgate/apis/tollgate/v1alpha1"
	"tollgate.dev/tollgate/apiserver/balance"
	"tollgate.dev/tollgate/apiserver/budget"
	"tollgate.dev/tollgate/apiserver/page"
	"tollgate.dev/tollgate/metering/ledger"
	"tollgate.dev/tollgate/metering/money"
	"tollgate.dev/tollgate/metering/terms"
	"tollgate.dev/tollgate/tenancy"
)

// examples is a ledger with the example organizations in which users have spent.
type examples struct {
	directory *tenancy.Directory
	limits    map[ledger.Path]*v1alpha1.Budget
	defaults  map[ledger.Path]*v1alpha1.Budget // of a group's users who are not listed
	spent     []payment
}

// payment is what a user paid this month. What was paid today counts for daily
// budgets as well.
type payment struct {
	user   ledger.Path
	amount string
	today  bool
}

// newExamples reads manifests/examples.
func newExamples(t *testing.T, spent ...payment) *examples {
	t.Helper()
	e := &examples{limits: map[ledger.Path]*v1alpha1.Budget{}, defaults: map[ledger.Path]*v1alpha1.Budget{}, spent: spent}
	var orgs []*v1alpha1.Organization
	for _, raw := range documents(t, "organizations.yaml") {
		o := &v1alpha1.Organization{}
		if err := yaml.UnmarshalStrict(raw, o); err != nil {
			t.Fatal(err)
		}
		o.Spec.Ledger.Name = "default" // as the CRD fills in
		orgs = append(orgs, o)
	}
	var projects []*v1alpha1.Project
	for _, raw := range documents(t, "projects.yaml") {
		p := &v1alpha1.Project{}
		if err := yaml.UnmarshalStrict(raw, p); err != nil {
			t.Fatal(err)
		}
		projects = append(projects, p)
		for _, g := range p.Spec.Groups {
			e.defaults[ledger.Path(p.Spec.Organization+"."+p.Name+"."+g.Name)] = g.UserBudget
		}
	}
	e.directory = tenancy.NewDirectory(orgs, projects)
	for _, p := range projects {
		v, ok := e.directory.Project(p.Namespace, p.Name)
		if !ok {
			t.Fatalf("the project %s/%s is not there", p.Namespace, p.Name)
		}
		for _, n := range v.Nodes {
			e.limits[ledger.Path(n.Path)] = n.Budget
		}
	}
	return e
}

// documents are those of a file of the examples.
func documents(t *testing.T, name string) [][]byte {
	t.Helper()
	raw, err := os.ReadFile(filepath.Join("..", "..", "manifests", "examples", name))
	if err != nil {
		t.Fatal(err)
	}
	return bytes.Split(raw, []byte("\n---\n"))
}

func (e *examples) Snapshot() *tenancy.Directory { return e.directory }

func (e *examples) Ledger(string) (balance.Reader, bool) { return e, true }

func (e *examples) Answered(string, int, time.Duration) {}

func (e *examples) Users(context.Context, string) ([]ledger.Path, error) {
	var users []ledger.Path
	for _, p := range e.spent {
		users = append(users, p.user)
	}
	slices.Sort(users)
	return slices.Compact(users), nil
}

// Nodes adds up what was paid below each node in its window.
func (e *examples) Nodes(_ context.Context, _ string, paths []ledger.Path) ([]ledger.NodeView, error) {
	views := make([]ledger.NodeView, len(paths))
	for i, path := range paths {
		spec, applied := e.limits[path]
		if !applied {
			group := path[:strings.LastIndexByte(string(path), '.')]
			spec = e.defaults[group]
		}
		compiled, err := terms.NewCompiler().Compile(spec)
		if err != nil {
			return nil, err
		}
		v := ledger.NodeView{Path: path, Applied: applied, Terms: compiled.Terms, WindowStart: time.Unix(0, 0)}
		for _, p := range e.spent {
			if p.user != path && !strings.HasPrefix(string(p.user), string(path)+".") {
				continue
			}
			v.FirstUse, v.Used = time.Unix(1, 0), true
			if amount, err := money.Parse(p.amount); err != nil {
				return nil, err
			} else if p.today || spec == nil || spec.Period != v1alpha1.Daily {
				v.Spent += amount
			}
		}
		views[i] = v
	}
	return views, nil
}

// render prints a namespace's budgets as kubectl does; all namespaces' when it is "".
func (e *examples) render(t *testing.T, namespace string) string {
	t.Helper()
	storage := budget.New(e, balance.NewFetcher(e, time.Hour, time.Now), page.NewIssuer(nil), e)
	ctx := request.WithNamespace(t.Context(), namespace)
	list, err := storage.List(ctx, nil)
	if err != nil {
		t.Fatal(err)
	}
	table, err := storage.ConvertToTable(ctx, list, &metav1.TableOptions{})
	if err != nil {
		t.Fatal(err)
	}
	var b strings.Builder
	w := tabwriter.NewWriter(&b, 6, 4, 3, ' ', 0) // as k8s.io/cli-runtime/pkg/printers makes it
	line := func(of string, cell func(i int) any) {
		var cells []string
		if namespace == "" {
			cells = append(cells, of)
		}
		for i, c := range table.ColumnDefinitions {
			if c.Priority == 0 {
				cells = append(cells, fmt.Sprint(cell(i)))
			}
		}
		fmt.Fprintln(w, strings.Join(cells, "\t"))
	}
	line("NAMESPACE", func(i int) any { return strings.ToUpper(table.ColumnDefinitions[i].Name) })
	for _, r := range table.Rows {
		line(r.Object.Object.(*metering.Budget).Namespace, func(i int) any { return r.Cells[i] })
	}
	if err := w.Flush(); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// TestReadmeShowsWhatIsPrinted: what people see first are rows that the examples
// have, with amounts that add up.
func TestReadmeShowsWhatIsPrinted(t *testing.T) {
	t.Parallel()
	e := newExamples(t,
		payment{user: "acme.chat.engineers.alice--40acme--2eexample", amount: "91.40", today: true},
		payment{user: "acme.chat.engineers.alice--40acme--2eexample", amount: "561.72"},
		payment{user: "acme.chat.engineers.bob", amount: "4.06", today: true},
		payment{user: "acme.chat.engineers.bob", amount: "45"},
		payment{user: "acme.chat.interns.ivy", amount: "0.50", today: true},
		payment{user: "acme.chat.interns.ivy", amount: "5.75"},
	)
	readme, err := os.ReadFile(filepath.Join("..", "..", "README.md"))
	if err != nil {
		t.Fatal(err)
	}
	_, shown, _ := strings.Cut(string(readme), "$ kubectl get budgets -n acme-chat\n")
	shown, _, _ = strings.Cut(shown, "```\n")
	if diff := cmp.Diff(e.render(t, "acme-chat"), shown); diff != "" {
		t.Errorf("README.md (-printed +shown):\n%s", diff)
	}
}

// TestTableFitsATerminal: also where names are addresses.
func TestTableFitsATerminal(t *testing.T) {
	t.Parallel()
	const most = 100
	e := newExamples(t,
		payment{user: "acme.chat.engineers.jane--2edoe--40acme--2eexample", amount: "1162.50"},
		payment{user: "acme.chat.interns.ivy", amount: "837.50"},
	)
	printed := e.render(t, "")
	if !strings.Contains(printed, "chat.engineers.jane--2edoe--40acme--2eexample") || !strings.Contains(printed, "Exhausted") {
		t.Errorf("without its widest rows:\n%s", printed)
	}
	for line := range strings.Lines(printed) {
		if n := len(strings.TrimRight(line, " \n")); n > most {
			t.Errorf("%d columns: %s", n, line)
		}
	}
}
