package tenancy_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"tollgate.dev/tollgate/apis/tollgate/v1alpha1"
	"tollgate.dev/tollgate/tenancy"
)

func dollars(limit string) *v1alpha1.Budget {
	return &v1alpha1.Budget{Limit: v1alpha1.Limit(limit)}
}

func TestAcceptance(t *testing.T) {
	acme := organization(1, "acme", lists("chat", "search"))
	globex := organization(2, "globex", lists("factory", "chat"))
	gone := project(1, "chat", "assistant", "acme")
	gone.DeletionTimestamp = deleting(organization(1, "x", nil)).DeletionTimestamp

	tests := []struct {
		name     string
		projects []*v1alpha1.Project
		want     map[string]string // namespace/name to reason
	}{
		{
			name: "only in a namespace that the organization owns",
			projects: []*v1alpha1.Project{
				project(1, "chat", "a", "acme"),
				project(1, "factory", "b", "acme"),   // globex's
				project(1, "elsewhere", "c", "acme"), // nobody's
				project(1, "chat", "d", "globex"),    // listed by globex, owned by acme
				project(1, "chat", "e", "nobody"),
				project(1, "factory", "f", "globex"),
			},
			want: map[string]string{
				"chat/a": "Accepted", "factory/b": "NotAccepted", "elsewhere/c": "NotAccepted",
				"chat/d": "NotAccepted", "chat/e": "NotAccepted", "factory/f": "Accepted",
			},
		},
		{
			name: "the oldest of a name",
			projects: []*v1alpha1.Project{
				project(2, "chat", "assistant", "acme"), project(1, "search", "assistant", "acme"),
				project(1, "factory", "assistant", "globex"),
			},
			want: map[string]string{"chat/assistant": "NameTaken", "search/assistant": "Accepted", "factory/assistant": "Accepted"},
		},
		{
			name: "of the same age the lower UID",
			projects: []*v1alpha1.Project{
				project(1, "search", "assistant", "acme"), project(1, "chat", "assistant", "acme"),
			},
			want: map[string]string{"chat/assistant": "Accepted", "search/assistant": "NameTaken"},
		},
		{
			name: "one without right takes no name",
			projects: []*v1alpha1.Project{
				project(1, "factory", "assistant", "acme"), project(2, "chat", "assistant", "acme"),
			},
			want: map[string]string{"factory/assistant": "NotAccepted", "chat/assistant": "Accepted"},
		},
		{
			name:     "one that is being deleted counts until it is gone",
			projects: []*v1alpha1.Project{gone, project(2, "search", "assistant", "acme")},
			want:     map[string]string{"chat/assistant": "Accepted", "search/assistant": "NameTaken"},
		},
		{
			name:     "a name that cannot be a label",
			projects: []*v1alpha1.Project{project(1, "chat", "metrics", "acme"), project(1, "chat", "a.b", "acme")},
			want:     map[string]string{"chat/metrics": "InvalidName", "chat/a.b": "InvalidName"},
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			d := tenancy.NewDirectory([]*v1alpha1.Organization{globex, acme}, tt.projects)
			got := map[string]string{}
			for _, p := range d.Projects("") {
				got[p.Project.Namespace+"/"+p.Project.Name] = p.Reason
				if p.Accepted != (p.Reason == tenancy.ReasonAccepted) || p.Accepted != (p.Organization != nil) || p.Accepted != (p.Nodes != nil) {
					t.Errorf("%s: accepted %v, organization %v, %d nodes", p.Reason, p.Accepted, p.Organization, len(p.Nodes))
				}
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("reasons (-want +got):\n%s", diff)
			}
		})
	}
}

// A tenant who names somebody else's organization learns nothing: neither that
// it exists, nor that it lists the namespace while an older one owns it.
func TestNotAcceptedRevealsNothing(t *testing.T) {
	orgs := []*v1alpha1.Organization{
		organization(1, "acme", lists("chat")), organization(2, "globex", lists("chat")), organization(3, "initech", lists("factory")),
	}
	var first *tenancy.ProjectView
	for _, named := range []string{"nobody", "globex", "initech", "metrics"} {
		d := tenancy.NewDirectory(orgs, []*v1alpha1.Project{project(1, "chat", "a", named)})
		p, ok := d.Project("chat", "a")
		if !ok || p.Accepted {
			t.Fatalf("naming %s: found %v, accepted", named, ok)
		}
		if first == nil {
			first = p
			if p.Message == "" {
				t.Error("no message")
			}
		}
		if p.Reason != first.Reason || p.Message != first.Message {
			t.Errorf("naming %s: %s: %s\nnaming nobody: %s: %s", named, p.Reason, p.Message, first.Reason, first.Message)
		}
	}
}

func TestNodes(t *testing.T) {
	long := strings.Repeat("a", 60) + "@acme.example"
	p := project(1, "chat", "chat", "acme",
		v1alpha1.Group{
			Name: "engineers", Budget: dollars("500"), UserBudget: dollars("50"),
			Users: []v1alpha1.User{{Name: "bob", Budget: dollars("70")}, {Name: "Alice@acme.example"}, {Name: long}},
		},
		v1alpha1.Group{Name: "engineers-eu"},
	)
	p.Spec.Budget = dollars("2000")
	acme := organization(1, "acme", lists("chat"))
	acme.Spec.Budget = dollars("3000")
	d := tenancy.NewDirectory([]*v1alpha1.Organization{acme}, []*v1alpha1.Project{p})
	v, _ := d.Project("chat", "chat")

	base := tenancy.Node{Organization: "acme", Project: "chat"}
	node := func(level tenancy.Level, name, group, label, user string, b *v1alpha1.Budget) tenancy.Node {
		n := base
		n.Level, n.Name, n.Path, n.Group, n.UserLabel, n.UserName, n.Budget = level, name, "acme."+name, group, label, user, b
		return n
	}
	longLabel := strings.Repeat("a", 52) + "---3epcezce"
	// Plain string order: a hyphen comes before a dot.
	want := []tenancy.Node{
		node(tenancy.LevelProject, "chat", "", "", "", dollars("2000")),
		node(tenancy.LevelGroup, "chat.engineers", "engineers", "", "", dollars("500")),
		node(tenancy.LevelGroup, "chat.engineers-eu", "engineers-eu", "", "", nil),
		node(tenancy.LevelUser, "chat.engineers."+longLabel, "engineers", longLabel, long, dollars("50")),
		node(tenancy.LevelUser, "chat.engineers.alice--40acme--2eexample", "engineers", "alice--40acme--2eexample", "alice@acme.example", dollars("50")),
		node(tenancy.LevelUser, "chat.engineers.bob", "engineers", "bob", "bob", dollars("70")),
	}
	if diff := cmp.Diff(want, v.Nodes); diff != "" {
		t.Errorf("nodes (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(v.Nodes, v.Rows); diff != "" {
		t.Errorf("rows differ from nodes:\n%s", diff)
	}
	o, _ := d.Organization("acme")
	wantOrg := tenancy.Node{Level: tenancy.LevelOrganization, Path: "acme", Name: "acme", Organization: "acme", Budget: dollars("3000")}
	if diff := cmp.Diff(wantOrg, o.Node); diff != "" {
		t.Errorf("organization's node (-want +got):\n%s", diff)
	}
}

func TestLookups(t *testing.T) {
	p := project(1, "chat", "chat", "acme", v1alpha1.Group{
		Name: "engineers", UserBudget: dollars("50"), Users: []v1alpha1.User{{Name: "Bob", Budget: dollars("70")}},
	})
	long := strings.Repeat("b", 70)
	p.Status.UserLabels = []v1alpha1.UserLabel{{Label: tenancy.UserLabel(long), Name: long}, {Label: "carol", Name: "mallory"}}
	d := tenancy.NewDirectory([]*v1alpha1.Organization{organization(1, "acme", lists("chat"))}, []*v1alpha1.Project{p})
	v, _ := d.Project("chat", "chat")

	tests := []struct {
		name, group, label string
		wantListed         bool
		wantDefault        bool
		wantUser           string
	}{
		{name: "listed", group: "engineers", label: "bob", wantListed: true, wantUser: "bob"},
		{name: "not listed", group: "engineers", label: "carol", wantDefault: true, wantUser: "carol"},
		{name: "an address", group: "engineers", label: "dave--40acme", wantDefault: true, wantUser: "dave@acme"},
		{name: "shortened, told by the status", group: "engineers", label: tenancy.UserLabel(long), wantDefault: true, wantUser: long},
		{name: "shortened, told by nobody", group: "engineers", label: tenancy.UserLabel(long + "x"), wantDefault: true, wantUser: tenancy.UserLabel(long + "x")},
		{name: "no such group", group: "sales", label: "bob"},
		{name: "a group that is half a path", group: "engineers.bob", label: "x"},
		{name: "not a label", group: "engineers", label: "a.b"},
		{name: "no label", group: "engineers", label: ""},
		{name: "reserved", group: "engineers", label: "metrics"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			listed, ok := v.UserNode(tt.group, tt.label)
			if ok != tt.wantListed {
				t.Errorf("UserNode: %v, want %v", ok, tt.wantListed)
			}
			def, ok := v.DefaultUserNode(tt.group, tt.label)
			if ok != tt.wantDefault {
				t.Errorf("DefaultUserNode: %v, want %v", ok, tt.wantDefault)
			}
			switch {
			case tt.wantListed:
				want := tenancy.Node{
					Level: tenancy.LevelUser, Path: "acme.chat.engineers.bob", Name: "chat.engineers.bob",
					Organization: "acme", Project: "chat", Group: "engineers", UserLabel: "bob", UserName: tt.wantUser, Budget: dollars("70"),
				}
				if diff := cmp.Diff(want, listed); diff != "" {
					t.Errorf("node (-want +got):\n%s", diff)
				}
			case tt.wantDefault:
				want := tenancy.Node{
					Level: tenancy.LevelUser, Path: "acme.chat.engineers." + tt.label, Name: "chat.engineers." + tt.label,
					Organization: "acme", Project: "chat", Group: "engineers", UserLabel: tt.label, UserName: tt.wantUser, Budget: dollars("50"), Default: true,
				}
				if diff := cmp.Diff(want, def); diff != "" {
					t.Errorf("node (-want +got):\n%s", diff)
				}
			}
		})
	}
	if g, ok := v.GroupNode("engineers"); !ok || g.Path != "acme.chat.engineers" || g.UserLabel != "" {
		t.Errorf("GroupNode: %+v, %v", g, ok)
	}
	if _, ok := v.GroupNode("sales"); ok {
		t.Error("GroupNode of a group that does not exist")
	}
	if g, ok := v.Group("engineers"); !ok || g.Name != "engineers" {
		t.Errorf("Group: %v, %v", g, ok)
	}
	if _, ok := v.Row("chat.engineers.carol"); ok {
		t.Error("Row of a user who is not listed")
	}
}

// Objects that got past validation: what cannot count makes no node, and no
// second budget under a label that is taken.
func TestProblems(t *testing.T) {
	p := project(1, "chat", "chat", "acme",
		v1alpha1.Group{Name: "metrics", Users: []v1alpha1.User{{Name: "alice"}}},
		v1alpha1.Group{Name: "Engineers"},
		v1alpha1.Group{Name: "a.b"},
		v1alpha1.Group{Name: "engineers", Users: []v1alpha1.User{
			{Name: "Alice", Budget: dollars("1")}, {Name: "bob"}, {Name: "alice", Budget: dollars("1000")}, {Name: ""},
		}},
		v1alpha1.Group{Name: "engineers", Users: []v1alpha1.User{{Name: "carol"}}},
	)
	d := tenancy.NewDirectory([]*v1alpha1.Organization{organization(1, "acme", lists("chat"))}, []*v1alpha1.Project{p})
	v, _ := d.Project("chat", "chat")

	var paths, fields []string
	for _, n := range v.Nodes {
		paths = append(paths, n.Path)
	}
	for _, problem := range v.Problems {
		fields = append(fields, problem.Field)
	}
	wantPaths := []string{"acme.chat", "acme.chat.engineers", "acme.chat.engineers.alice", "acme.chat.engineers.bob"}
	if diff := cmp.Diff(wantPaths, paths); diff != "" {
		t.Errorf("paths (-want +got):\n%s", diff)
	}
	wantFields := []string{
		"spec.groups[0].name", "spec.groups[1].name", "spec.groups[2].name",
		"spec.groups[3].users[2].name", "spec.groups[3].users[3].name", "spec.groups[4].name",
	}
	if diff := cmp.Diff(wantFields, fields); diff != "" {
		t.Errorf("fields of problems (-want +got):\n%s", diff)
	}
	if n, _ := v.UserNode("engineers", "alice"); n.Budget == nil || n.Budget.Limit != "1" {
		t.Errorf("alice has the budget %v, want that of the first entry", n.Budget)
	}
}

// What a project says is still shown when it does not count, without a path.
func TestRowsOfAProjectThatIsNotAccepted(t *testing.T) {
	p := project(1, "chat", "chat", "acme", v1alpha1.Group{Name: "engineers", Users: []v1alpha1.User{{Name: "bob"}}})
	v, _ := tenancy.NewDirectory(nil, []*v1alpha1.Project{p}).Project("chat", "chat")
	var got []string
	for _, n := range v.Rows {
		got = append(got, n.Name+" "+n.Path)
	}
	if diff := cmp.Diff([]string{"chat ", "chat.engineers ", "chat.engineers.bob "}, got); diff != "" {
		t.Errorf("rows (-want +got):\n%s", diff)
	}
	if n, ok := v.DefaultUserNode("engineers", "carol"); !ok || n.Path != "" {
		t.Errorf("a default user has the path %q", n.Path)
	}
	if v.Nodes != nil {
		t.Errorf("nodes: %v", v.Nodes)
	}
}
