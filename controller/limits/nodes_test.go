package limits

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"tollgate.dev/tollgate/apis/tollgate/v1alpha1"
	"tollgate.dev/tollgate/metering/terms"
	"tollgate.dev/tollgate/tenancy"
)

func dollars(limit v1alpha1.Limit) *v1alpha1.Budget { return &v1alpha1.Budget{Limit: limit} }

// organization owns the namespace of its name.
func organization(name, ledger string, limit v1alpha1.Limit) *v1alpha1.Organization {
	return &v1alpha1.Organization{
		ObjectMeta: metav1.ObjectMeta{Name: name},
		Spec: v1alpha1.OrganizationSpec{
			Namespaces: []string{name}, Ledger: v1alpha1.LedgerReference{Name: ledger}, Budget: dollars(limit),
		},
	}
}

func project(name, organization string, groups ...v1alpha1.Group) *v1alpha1.Project {
	return &v1alpha1.Project{
		ObjectMeta: metav1.ObjectMeta{Name: name, Namespace: organization},
		Spec:       v1alpha1.ProjectSpec{Organization: organization, Budget: dollars("20"), Groups: groups},
	}
}

func directory(orgs []*v1alpha1.Organization, projects ...*v1alpha1.Project) *tenancy.Directory {
	return tenancy.NewDirectory(orgs, projects)
}

func TestNodes(t *testing.T) {
	t.Parallel()
	group := v1alpha1.Group{Name: "eng", Budget: dollars("10"), UserBudget: dollars("2"),
		Users: []v1alpha1.User{{Name: "Al@acme.example", Budget: dollars("5")}, {Name: "bob"}}}
	foreign := project("theirs", "globex", group)
	foreign.Namespace = "acme" // which globex does not own
	d := directory([]*v1alpha1.Organization{organization("acme", "default", "100"), organization("globex", "default", "1")},
		project("chat", "acme", group), project("bare", "acme"), foreign)
	acme, ok := d.Organization("acme")
	if !ok {
		t.Fatal("no acme")
	}
	want := []terms.Node{
		{Path: "acme", Budget: dollars("100")},
		{Path: "acme.bare", Budget: dollars("20")},
		{Path: "acme.chat", Budget: dollars("20")},
		{Path: "acme.chat.eng", Budget: dollars("10"), UserBudget: dollars("2")},
		{Path: "acme.chat.eng.al--40acme--2eexample", Budget: dollars("5")},
		{Path: "acme.chat.eng.bob", Budget: dollars("2")},
	}
	if diff := cmp.Diff(want, Nodes(d, acme)); diff != "" {
		t.Errorf("acme (-want +got):\n%s", diff)
	}
	globex, _ := d.Organization("globex")
	if diff := cmp.Diff([]terms.Node{{Path: "globex", Budget: dollars("1")}}, Nodes(d, globex)); diff != "" {
		t.Errorf("a project that is not accepted counts (-want +got):\n%s", diff)
	}
}

func TestSameNodes(t *testing.T) {
	t.Parallel()
	shared := dollars("1")
	base := []terms.Node{{Path: "acme", Budget: shared}, {Path: "acme.chat.eng", UserBudget: dollars("2")}}
	tests := []struct {
		name string
		with []terms.Node
		want bool
	}{
		{name: "itself", with: base, want: true},
		{name: "equal budgets of other objects", with: []terms.Node{{Path: "acme", Budget: dollars("1")}, {Path: "acme.chat.eng", UserBudget: dollars("2")}}, want: true},
		{name: "another limit", with: []terms.Node{{Path: "acme", Budget: dollars("1.5")}, base[1]}},
		{name: "a user budget that is gone", with: []terms.Node{base[0], {Path: "acme.chat.eng"}}},
		{name: "another path", with: []terms.Node{base[0], {Path: "acme.chat.ops", UserBudget: dollars("2")}}},
		{name: "one fewer", with: base[:1]},
		{name: "none"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			if got := sameNodes(base, tt.with); got != tt.want {
				t.Errorf("got %v", got)
			}
		})
	}
}
