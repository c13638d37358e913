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

func TestTableFitsATerminal(t *testing.T) {
	t.Parallel()
	most := map[bool]int{false: 100, true: 170} // by wide: short names of users, a number of ten digits
	m := &fakeMeter{rows: map[string][]meter.Estimate{
		"tenant-acme": {estimate("chat", "engineers", "alice", "gpt-4o-mini", 123_456, 450_000_000, 120_000_000)},
	}}
	s := storage(m)
	items, _ := list(t, s, "", "", "")
	for wide, most := range most {
		for line := range strings.Lines(render(table(t, s, items), wide, true)) {
			if n := utf8.RuneCountInString(strings.TrimRight(line, " \n")); n > most {
				t.Errorf("wide=%t: %d columns: %s", wide, n, line)
			}
		}
	}
}

func TestTableOfNothingHasColumns(t *testing.T) {
	t.Parallel()
	m := usageOfTwo()
	s := storage(m)
	empty, _ := list(t, s, "default", "", "")
	got := table(t, s, empty)
	if len(got.ColumnDefinitions) != 10 || len(got.Rows) != 0 {
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
	if cell := got.Rows[0].Cells[9]; cell != "?" {
		t.Errorf("activity that nobody knows is %v", cell)
	}
	if cell := got.Rows[0].Cells[3]; cell == "?" {
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
	for i, row := range table(t, s, all).Rows {
		u := all.Items[i]
		want := some
		switch {
		case u.Namespace == "acme-search":
			want = unknown
		case u.Spec.User == "bob":
			want = none
		}
		if got := row.Cells[9]; got != want {
			t.Errorf("%s/%s: %s, want %s", u.Namespace, u.Name, got, want)
		}
	}
}

// changing is a directory that changes between two questions.
type changing struct{ now *directory }

func (c changing) Snapshot() *tenancy.Directory { return c.now.Directory }
