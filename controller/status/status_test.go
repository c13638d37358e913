package status

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/utils/ptr"

	"tollgate.dev/tollgate/apis/tollgate/v1alpha1"
	"tollgate.dev/tollgate/metering/pricetable"
	"tollgate.dev/tollgate/metering/terms"
	"tollgate.dev/tollgate/tenancy"
)

func instant(n int) time.Time { return time.Date(2026, 11, 20, 12, 0, n, 0, time.UTC) }

func organization(name string, age int, change func(*v1alpha1.OrganizationSpec)) *v1alpha1.Organization {
	o := &v1alpha1.Organization{
		ObjectMeta: metav1.ObjectMeta{Name: name, UID: "uid-of-" + "organization", Generation: 3, CreationTimestamp: metav1.NewTime(instant(-age))},
		Spec: v1alpha1.OrganizationSpec{
			Namespaces: []string{name}, Ledger: v1alpha1.LedgerReference{Name: "default"}, PriceTable: "default",
		},
	}
	if change != nil {
		change(&o.Spec)
	}
	return o
}

func project(namespace, organization string, groups ...v1alpha1.Group) *v1alpha1.Project {
	return &v1alpha1.Project{
		ObjectMeta: metav1.ObjectMeta{Name: "chat", Namespace: namespace, UID: "uid-of-project", Generation: 4},
		Spec:       v1alpha1.ProjectSpec{Organization: organization, Groups: groups},
	}
}

// told is a condition without its times.
type told struct {
	Type    string
	Status  metav1.ConditionStatus
	Reason  string
	Message string
}

func tell(t *testing.T, generation int64, conditions []metav1.Condition) []told {
	t.Helper()
	var out []told
	for _, c := range conditions {
		if c.ObservedGeneration != generation || c.LastTransitionTime.IsZero() {
			t.Errorf("%s has generation %d and time %s", c.Type, c.ObservedGeneration, c.LastTransitionTime)
		}
		out = append(out, told{c.Type, c.Status, c.Reason, c.Message})
	}
	return out
}

func TestOrganizationStatus(t *testing.T) {
	t.Parallel()
	well := told{"Ready", "True", "Ready", "everything that the organization lists counts"}
	alone := told{"Conflict", "False", "NoConflict", "the organization owns the namespaces, domains and the tenant that it lists"}
	older := organization("older", 9, func(s *v1alpha1.OrganizationSpec) {
		s.Namespaces, s.Domains, s.MimirTenant = []string{"shared"}, []string{"shared.example"}, "shared"
	})
	tests := []struct {
		name string
		spec func(*v1alpha1.OrganizationSpec)
		want []told
	}{
		{name: "all is well", want: []told{well, alone}},
		{
			name: "a ledger that nobody gave", spec: func(s *v1alpha1.OrganizationSpec) { s.Ledger.Name = "eu" },
			want: []told{{"Ready", "False", "LedgerUnknown", `spec.ledger.name: the controller has no ledger "eu", so limits are not written; start Tollgate's processes with --ledger eu=URL, or correct the name`}, alone},
		},
		{
			name: "no such price table", spec: func(s *v1alpha1.OrganizationSpec) { s.PriceTable = "eu" },
			want: []told{{"Ready", "False", "PriceTableUnknown", `spec.priceTable: there is no PriceTable "eu", so nothing has a price; create it (tollgate prices import), or correct the name`}, alone},
		},
		{
			name: "no such time zone", spec: func(s *v1alpha1.OrganizationSpec) {
				s.Budget = &v1alpha1.Budget{Limit: "1", TimeZone: "Mars/Olympus"}
			},
			want: []told{{"Ready", "False", "InvalidBudget", ""}, alone},
		},
		{
			name: "what an older one owns", spec: func(s *v1alpha1.OrganizationSpec) {
				s.Namespaces, s.Domains, s.MimirTenant = []string{"acme", "shared"}, []string{"shared.example"}, "shared"
			},
			want: []told{
				{"Ready", "False", "OwnedByOlder", "not everything that the organization lists is its own: see the condition Conflict"},
				{"Conflict", "True", "OwnedByOlder", `spec.namespaces[1]: namespace "shared" belongs to an older organization; remove it from one of the two; ` +
					`spec.domains[0]: domain "shared.example" overlaps with one of an older organization, which owns the hosts in both; remove it from one of the two; ` +
					`spec.mimirTenant: the Mimir tenant "shared" belongs to an older organization; set spec.mimirTenant to one of this organization's own`},
			},
		},
	}
	known := Known{
		Ledger:     func(name string) bool { return name == "default" },
		PriceTable: func(name string) bool { return name == "default" },
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			d := tenancy.NewDirectory([]*v1alpha1.Organization{older, organization("acme", 1, tt.spec)}, nil)
			acme, ok := d.Organization("acme")
			if !ok {
				t.Fatal("no acme")
			}
			got := OrganizationStatus(acme, known, terms.NewCompiler(), instant(0))
			conditions := tell(t, 3, got.Conditions)
			if tt.want[0].Message == "" { // package terms words it
				for _, part := range []string{"spec.budget.timeZone: ", "Mars/Olympus", "; the ledger keeps what it had"} {
					if !strings.Contains(conditions[0].Message, part) {
						t.Errorf("%q does not say %q", conditions[0].Message, part)
					}
				}
				conditions[0].Message = ""
			}
			if diff := cmp.Diff(tt.want, conditions); diff != "" || got.ObservedGeneration != 3 {
				t.Errorf("generation %d (-want +got):\n%s", got.ObservedGeneration, diff)
			}
			if strings.Contains(cmp.Diff("", got), `"older"`) {
				t.Errorf("it names the other organization: %+v", got)
			}
		})
	}
}

func TestProjectStatus(t *testing.T) {
	t.Parallel()
	accepted := told{"Accepted", "True", "Accepted", "the project counts for its organization"}
	notOurs := told{"Accepted", "False", "NotAccepted", `namespace "elsewhere" does not belong to the organization that spec.organization names; ask the platform's administrators, or correct the name`}
	notReady := told{"Ready", "False", "NotAccepted", "the project does not count: see the condition Accepted"}
	tests := []struct {
		name    string
		project *v1alpha1.Project
		want    []told
	}{
		{name: "accepted", project: project("acme", "acme", v1alpha1.Group{Name: "eng"}),
			want: []told{accepted, {"Ready", "True", "Ready", "everything that the project says counts"}}},
		{name: "a namespace of nobody", project: project("elsewhere", "acme"), want: []told{notOurs, notReady}},
		{name: "an organization that does not exist, in the same words", project: project("elsewhere", "nobody"), want: []told{notOurs, notReady}},
		{name: "entries in vain and bad budgets", project: project("acme", "acme",
			v1alpha1.Group{Name: "eng", UserBudget: &v1alpha1.Budget{Limit: "1e3"}},
			v1alpha1.Group{Name: "eng"}),
			want: []told{accepted, {"Ready", "False", "InvalidBudget", ""}}},
		{name: "too many problems to name", project: project("acme", "acme", slicesOf(v1alpha1.Group{Name: "eng"}, 8)...),
			want: []told{accepted, {"Ready", "False", "EntriesIgnored", ""}}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			d := tenancy.NewDirectory([]*v1alpha1.Organization{organization("acme", 1, nil)}, []*v1alpha1.Project{tt.project})
			got := ProjectStatus(d.Projects("")[0], terms.NewCompiler(), instant(0))
			conditions := tell(t, 4, got.Conditions)
			var parts []string
			switch tt.want[1].Reason {
			case ReasonInvalidBudget:
				parts = []string{"spec.groups[0].userBudget.limit: ", `; spec.groups[1].name: group "eng" is listed twice`}
			case ReasonEntriesIgnored:
				parts = []string{"spec.groups[1].name: ", "spec.groups[5].name: ", "; and 2 more"}
			}
			if len(parts) > 0 {
				for _, part := range parts {
					if !strings.Contains(conditions[1].Message, part) {
						t.Errorf("%q does not say %q", conditions[1].Message, part)
					}
				}
				conditions[1].Message = ""
			}
			if diff := cmp.Diff(tt.want, conditions); diff != "" || got.ObservedGeneration != 4 {
				t.Errorf("generation %d (-want +got):\n%s", got.ObservedGeneration, diff)
			}
		})
	}
}

func TestMessagesFit(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("é", mostBytes)
	got := summary([]string{"a" + long, long, long, long, long, long})
	if len(got) > mostBytes+20 || !strings.HasSuffix(got, "é...; and 1 more") {
		t.Errorf("%d bytes: ...%s", len(got), got[len(got)-30:])
	}
}

func slicesOf(g v1alpha1.Group, n int) []v1alpha1.Group {
	all := make([]v1alpha1.Group, n)
	for i := range all {
		all[i] = g
	}
	return all
}

func TestUserLabels(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("very.", 12) + "long@acme.example"
	gone := strings.Repeat("long.", 12) + "gone@acme.example"
	p := project("acme", "acme", v1alpha1.Group{Name: "eng", Users: []v1alpha1.User{{Name: "bob"}, {Name: strings.ToUpper(long)}, {Name: "al@acme.example"}}})
	p.Status.UserLabels = []v1alpha1.UserLabel{
		{Label: tenancy.UserLabel(gone), Name: gone}, // once listed
		{Label: tenancy.UserLabel(long), Name: gone}, // somebody's invention
		{Label: "bob", Name: "bob"},                  // needs no table
	}
	got := ProjectStatus(tenancy.NewDirectory(nil, []*v1alpha1.Project{p}).Projects("")[0], terms.NewCompiler(), instant(0))
	want := []v1alpha1.UserLabel{{Label: tenancy.UserLabel(gone), Name: gone}, {Label: tenancy.UserLabel(long), Name: long}}
	if diff := cmp.Diff(want, got.UserLabels); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	p.Status = got
	again := ProjectStatus(tenancy.NewDirectory(nil, []*v1alpha1.Project{p}).Projects("")[0], terms.NewCompiler(), instant(9))
	if diff := cmp.Diff(got, again); diff != "" {
		t.Errorf("a second look changes it (-first +second):\n%s", diff)
	}
}

func TestPriceTableStatus(t *testing.T) {
	t.Parallel()
	model := func(name string, output bool) v1alpha1.ModelPrice {
		m := v1alpha1.ModelPrice{Model: name, Mode: v1alpha1.Chat, Rates: v1alpha1.Rates{Input: ptr.To(v1alpha1.Price("1"))}}
		if output {
			m.Output = ptr.To(v1alpha1.Price("2"))
		}
		return m
	}
	later := model("later", true)
	later.EffectiveFrom = metav1.NewTime(instant(30))
	bad := model("bad", true)
	bad.Input = ptr.To(v1alpha1.Price("a dollar"))
	odd, meant := model("odd", true), model("meant", true)
	odd.Input, meant.Input, meant.Override = ptr.To(v1alpha1.Price("0.0000025")), ptr.To(v1alpha1.Price("0.0000025")), true
	tests := []struct {
		name   string
		models []v1alpha1.ModelPrice
		at     int
		priced int32
		status metav1.ConditionStatus
		reason string
		says   string
	}{
		{name: "empty", status: "True", reason: "Ready"},
		{name: "priced", models: []v1alpha1.ModelPrice{model("a", true), later}, priced: 1, status: "True", reason: "Ready", says: "every model has the prices that it needs"},
		{name: "priced from now on", models: []v1alpha1.ModelPrice{model("a", true), later}, at: 30, priced: 2, status: "True", reason: "Ready"},
		{name: "half a price", models: []v1alpha1.ModelPrice{model("a", true), model("half", false)}, priced: 1, status: "True", reason: "Ready", says: `"half"`},
		{name: "priced twice", models: []v1alpha1.ModelPrice{model("a", true), model("a", true), model("b", true)}, priced: 1, status: "False", reason: "PricedTwice", says: "keep one of these prices"},
		{name: "a price per token", models: []v1alpha1.ModelPrice{odd, meant, model("b", true)}, priced: 2, status: "False", reason: "ImplausiblePrice",
			says: `model "odd" is unpriced: its input price 0.0000025 is less than 0.0001 per million tokens, as if it were the price of one token: ` +
				"write US dollars per million tokens, or set override: true if it is meant"},
		{name: "no price at all", models: []v1alpha1.ModelPrice{bad}, status: "False", reason: "BadPrice", says: "a dollar"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			object := &v1alpha1.PriceTable{ObjectMeta: metav1.ObjectMeta{Name: "default", Generation: 5}, Spec: v1alpha1.PriceTableSpec{Models: tt.models}}
			table, problems := pricetable.Compile(object)
			got := PriceTableStatus(PriceTable{Object: object, Table: table, Problems: problems}, instant(tt.at))
			c := tell(t, 5, got.Conditions)
			if len(c) != 1 || c[0].Type != "Ready" || c[0].Status != tt.status || c[0].Reason != tt.reason || !strings.Contains(c[0].Message, tt.says) {
				t.Errorf("conditions %+v", c)
			}
			if got.Priced != tt.priced || got.Digest != table.Digest() || got.ObservedGeneration != 5 {
				t.Errorf("%+v", got)
			}
		})
	}
}
