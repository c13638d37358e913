package usage_test

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"text/tabwriter"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"

	metering "tollgate.dev/tollgate/apis/metering/v1alpha1"
	"tollgate.dev/tollgate/apis/tollgate/v1alpha1"
	"tollgate.dev/tollgate/apiserver/usage"
	meter "tollgate.dev/tollgate/metering/usage"
	"tollgate.dev/tollgate/tenancy"
)

func update() bool {
	f := flag.Lookup("update")
	return f != nil && f.Value.String() == "true"
}

func TestMain(m *testing.M) {
	flag.Bool("update", false, "write the golden files anew")
	os.Exit(m.Run())
}

func table(t *testing.T, s *usage.Storage, o runtime.Object) *metav1.Table {
	t.Helper()
	ctx, _ := contextOf(t, "")
	got, err := s.ConvertToTable(ctx, o, &metav1.TableOptions{})
	if err != nil {
		t.Fatal(err)
	}
	return got
}

// render prints a table as kubectl does.
func render(got *metav1.Table, wide, withNamespace bool) string {
	var b strings.Builder
	w := tabwriter.NewWriter(&b, 6, 4, 3, ' ', 0)
	line := func(namespace string, cells []any) {
		if withNamespace {
			fmt.Fprintf(w, "%s\t", namespace)
		}
		var shown []string
		for i, c := range cells {
			if wide || got.ColumnDefinitions[i].Priority == 0 {
				shown = append(shown, fmt.Sprint(c))
			}
		}
		fmt.Fprintln(w, strings.Join(shown, "\t"))
	}
	var names []any
	for _, c := range got.ColumnDefinitions {
		names = append(names, strings.ToUpper(c.Name))
	}
	line("NAMESPACE", names)
	for _, r := range got.Rows {
		line(r.Object.Object.(*metering.Usage).Namespace, r.Cells)
	}
	w.Flush()
	return b.String()
}

// TestTables renders tables as kubectl does.
func TestTables(t *testing.T) {
	t.Parallel()
	down := func(m *fakeMeter) { m.fails = map[string]error{"tenant-acme": &meter.Error{Kind: meter.Unreachable}} }
	for _, tt := range []struct {
		name, namespace, field string
		wide                   bool
		change                 func(*fakeMeter)
	}{
		{name: "default", namespace: "acme-chat"},
		{name: "wide", wide: true, field: "window=24h"},
		{name: "by-model", field: "by=model,top=5"},
		{name: "by-project-wide", field: "by=project,window=1h", wide: true},
		{name: "mimir-away", change: down},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			m := usageOfTwo()
			if tt.change != nil {
				tt.change(m)
			}
			s := storage(m)
			items, _ := list(t, s, tt.namespace, "", tt.field)
			got := render(table(t, s, items), tt.wide, tt.namespace == "")
			golden := filepath.Join("testdata", tt.name+".txt")
			if update() {
				if err := os.WriteFile(golden, []byte(got), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(golden)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(string(want), got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// TestTableFitsATerminal: also where users are addresses, beside the longest
// names of the examples. In -o wide, short names of users and numbers of ten
// digits do.
func TestTableFitsATerminal(t *testing.T) {
	t.Parallel()
	address := estimate("chat", "engineers", tenancy.UserLabel("jane.doe@acme.example"), "text-embedding-3-small", 123_456, 450_000_000, 120_000_000)
	unpriced := estimate("chat", "scientists", "mindy", "claude-sonnet-4-5", 1, 1, 1)
	short := estimate("chat", "engineers", "alice", "gpt-4o-mini", 123_456, 4_500_000_000, 1_200_000_000)
	for _, tt := range []struct {
		name string
		rows []meter.Estimate
		wide bool
		most int
		has  []string
	}{
		{name: "default", rows: []meter.Estimate{address, unpriced, short}, most: 100, has: []string{"chat.engineers.jane.doe@acme.example ", "unpriced", "570M"}},
		{name: "wide", rows: []meter.Estimate{short}, wide: true, most: 170, has: []string{"4500000000", "1200000000"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			s := storage(&fakeMeter{rows: map[string][]meter.Estimate{"tenant-globex": tt.rows}}, func(c *usage.Config) {
				engineers := v1alpha1.Group{Name: "engineers", Users: []v1alpha1.User{{Name: "jane.doe@acme.example"}}}
				c.Directory = directory{tenancy.NewDirectory(orgs("globex", "globex-research"),
					[]*v1alpha1.Project{project("globex", "globex-research", "chat", engineers, v1alpha1.Group{Name: "scientists"})})}
			})
			items, _ := list(t, s, "", "", "")
			printed := render(table(t, s, items), tt.wide, true)
			for _, part := range append(tt.has, "globex-research ") {
				if !strings.Contains(printed, part) {
					t.Errorf("without %q:\n%s", part, printed)
				}
			}
			for line := range strings.Lines(printed) {
				if n := utf8.RuneCountInString(strings.TrimRight(line, " \n")); n > tt.most {
					t.Errorf("%d columns: %s", n, line)
				}
			}
		})
	}
}

// cell returns what a row has in a column.
func cell(t *testing.T, of *metav1.Table, row int, column string) any {
	t.Helper()
	i := slices.IndexFunc(of.ColumnDefinitions, func(c metav1.TableColumnDefinition) bool { return c.Name == column })
	if i < 0 {
		t.Fatalf("there is no column %s", column)
	}
	return of.Rows[row].Cells[i]
}

func TestTableOfNothingHasColumns(t *testing.T) {
	t.Parallel()
	m := usageOfTwo()
	s := storage(m)
	empty, _ := list(t, s, "default", "", "")
	got := table(t, s, empty)
	if len(got.ColumnDefinitions) != 9 || len(got.Rows) != 0 {
		t.Errorf("%d columns, %d rows", len(got.ColumnDefinitions), len(got.Rows))
	}
	if len(m.asked) > 0 {
		t.Errorf("asked %v for a namespace of nobody", m.asked)
	}
}

// TestOnlyTablesAskForActivity: -o json, clients and controllers do not pay for
// what only tables draw.
func TestOnlyTablesAskForActivity(t *testing.T) {
	t.Parallel()
	m := usageOfTwo()
	s := storage(m)
	items, _ := list(t, s, "acme-chat", "", "")
	if n := len(m.asked); n != 1 {
		t.Errorf("a list asked %d times", n)
	}
	got := table(t, s, items)
	if n := len(m.asked); n != 2 || m.asked[1].Tenant != "tenant-acme" {
		t.Errorf("a table asked %v", m.asked[1:])
	}
	for i, row := range got.Rows {
		if len(row.Cells) != len(got.ColumnDefinitions) || row.Object.Object != runtime.Object(&items.Items[i]) {
			t.Errorf("row %d has %d cells and the object %v", i, len(row.Cells), row.Object.Object)
		}
	}
}

func TestTableWithoutActivity(t *testing.T) {
	t.Parallel()
	m := usageOfTwo()
	s := storage(m)
	items, _ := list(t, s, "acme-chat", "", "")
	m.fails = map[string]error{"tenant-acme": &meter.Error{Kind: meter.Timeout}}
	got := table(t, s, items)
	if hours := cell(t, got, 0, "Last Hours"); hours != "?" {
		t.Errorf("activity that nobody knows is %v", hours)
	}
	if cell(t, got, 0, "Requests") == "?" {
		t.Error("requests that are known are not shown")
	}
	one := table(t, s, &items.Items[0])
	if len(one.Rows) != 1 {
		t.Errorf("%d rows of one object", len(one.Rows))
	}
	ctx, _ := contextOf(t, "")
	if _, err := s.ConvertToTable(ctx, &metering.Budget{}, nil); err == nil {
		t.Error("a budget became a table of usage")
	}
}

// TestActivityOfRowsOfManyKinds: each row is drawn by its own parts, and what is
// not known any more is not drawn as none.
func TestActivityOfRowsOfManyKinds(t *testing.T) {
	t.Parallel()
	const some, none, unknown = "▃▆█·▃▆█·▃▆█·▃▆█·▃▆█·▃▆█·", "························", "?"
	m := usageOfTwo()
	world := twoOrganizations()
	s := storage(m, func(c *usage.Config) { c.Directory = changing{&world} })
	all := &metering.UsageList{}
	for _, field := range []string{"by=project", "by=user", "by=model", "", "by=user,model=gpt-4o-mini"} {
		part, _ := list(t, s, "", "", field)
		all.Items = append(all.Items, part.Items...)
	}
	// A row that was used before the last hours, and one whose project goes before the table is made.
	m.rows["tenant-acme"] = slices.DeleteFunc(m.rows["tenant-acme"], func(e meter.Estimate) bool { return e.User == "bob" })
	world = directory{tenancy.NewDirectory(append(orgs("acme", "acme-chat", "acme-search"), orgs("globex", "globex-chat")...),
		slices.DeleteFunc(projectsOfTwo(), func(p *v1alpha1.Project) bool { return p.Name == "search" }))}
	drawn := table(t, s, all)
	for i := range drawn.Rows {
		u := all.Items[i]
		want := some
		switch {
		case u.Namespace == "acme-search":
			want = unknown
		case u.Spec.User == "bob":
			want = none
		}
		if got := cell(t, drawn, i, "Last Hours"); got != want {
			t.Errorf("%s/%s: %s, want %s", u.Namespace, u.Name, got, want)
		}
	}
}

// changing is a directory that changes between two questions.
type changing struct{ now *directory }

func (c changing) Snapshot() *tenancy.Directory { return c.now.Directory }
