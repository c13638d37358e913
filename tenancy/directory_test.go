package tenancy_test

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

	"tollgate.dev/tollgate/apis/tollgate/v1alpha1"
	"tollgate.dev/tollgate/tenancy"
)

// day returns the metadata of an object made on a day of November 2026.
func day(d int, uid, namespace, name string) metav1.ObjectMeta {
	return metav1.ObjectMeta{
		Namespace:         namespace,
		Name:              name,
		UID:               types.UID(uid),
		CreationTimestamp: metav1.NewTime(time.Date(2026, 11, d, 0, 0, 0, 0, time.UTC)),
	}
}

func organization(d int, name string, change func(*v1alpha1.OrganizationSpec)) *v1alpha1.Organization {
	o := &v1alpha1.Organization{ObjectMeta: day(d, "uid-"+name, "", name)}
	if change != nil {
		change(&o.Spec)
	}
	return o
}

func lists(namespaces ...string) func(*v1alpha1.OrganizationSpec) {
	return func(s *v1alpha1.OrganizationSpec) { s.Namespaces = namespaces }
}

func project(d int, namespace, name, org string, groups ...v1alpha1.Group) *v1alpha1.Project {
	return &v1alpha1.Project{
		ObjectMeta: day(d, "uid-"+namespace+"-"+name, namespace, name),
		Spec:       v1alpha1.ProjectSpec{Organization: org, Groups: groups},
	}
}

func TestOwnershipOfNamespacesAndTenants(t *testing.T) {
	tests := []struct {
		name          string
		organizations []*v1alpha1.Organization
		wantOwner     map[string]string // namespace to organization
		wantTenant    map[string]string // organization to tenant, "" when refused
		wantConflicts map[string][]string
	}{
		{
			name: "apart",
			organizations: []*v1alpha1.Organization{
				organization(1, "acme", lists("a", "b")), organization(2, "globex", lists("c")),
			},
			wantOwner:  map[string]string{"a": "acme", "b": "acme", "c": "globex", "d": ""},
			wantTenant: map[string]string{"acme": "acme", "globex": "globex", "nobody": ""},
		},
		{
			name: "the older owns a namespace that both list",
			organizations: []*v1alpha1.Organization{
				organization(2, "acme", lists("a", "shared")), organization(1, "globex", lists("shared")),
			},
			wantOwner:     map[string]string{"a": "acme", "shared": "globex"},
			wantTenant:    map[string]string{"acme": "acme", "globex": "globex"},
			wantConflicts: map[string][]string{"acme": {"spec.namespaces[1]"}},
		},
		{
			name: "of the same age the lower UID owns",
			organizations: []*v1alpha1.Organization{
				organization(1, "b", lists("shared")), organization(1, "a", lists("shared")),
			},
			wantOwner:     map[string]string{"shared": "a"},
			wantTenant:    map[string]string{"a": "a", "b": "b"},
			wantConflicts: map[string][]string{"b": {"spec.namespaces[0]"}},
		},
		{
			name: "an older organization names a younger's default tenant",
			organizations: []*v1alpha1.Organization{
				organization(1, "acme", func(s *v1alpha1.OrganizationSpec) { s.MimirTenant = "globex" }),
				organization(2, "globex", nil),
			},
			wantTenant:    map[string]string{"acme": "globex", "globex": ""},
			wantConflicts: map[string][]string{"globex": {"spec.mimirTenant"}},
		},
		{
			name: "a younger organization names an older's default tenant",
			organizations: []*v1alpha1.Organization{
				organization(1, "acme", nil),
				organization(2, "globex", func(s *v1alpha1.OrganizationSpec) { s.MimirTenant = "acme" }),
				organization(3, "initech", func(s *v1alpha1.OrganizationSpec) { s.MimirTenant = "ACME" }),
			},
			wantTenant:    map[string]string{"acme": "acme", "globex": "", "initech": "ACME"},
			wantConflicts: map[string][]string{"globex": {"spec.mimirTenant"}},
		},
		{
			name: "a tenant that would join two is nobody's",
			organizations: []*v1alpha1.Organization{
				organization(1, "acme", nil),
				organization(2, "globex", func(s *v1alpha1.OrganizationSpec) { s.MimirTenant = "globex|acme" }),
				organization(3, "initech", func(s *v1alpha1.OrganizationSpec) { s.MimirTenant = ".." }),
			},
			wantTenant:    map[string]string{"acme": "acme", "globex": "", "initech": ""},
			wantConflicts: map[string][]string{"globex": {"spec.mimirTenant"}, "initech": {"spec.mimirTenant"}},
		},
		{
			name: "a name that cannot be a label owns nothing",
			organizations: []*v1alpha1.Organization{
				organization(1, "metrics", lists("a")), organization(1, "a.b", lists("a")), organization(2, "acme", lists("a")),
			},
			wantOwner:  map[string]string{"a": "acme"},
			wantTenant: map[string]string{"metrics": "", "acme": "acme"},
		},
		{
			name: "an organization that is being deleted counts until it is gone",
			organizations: []*v1alpha1.Organization{
				deleting(organization(1, "acme", lists("a"))), organization(2, "globex", lists("a")),
			},
			wantOwner:     map[string]string{"a": "acme"},
			wantConflicts: map[string][]string{"globex": {"spec.namespaces[0]"}},
		},
		{
			name:          "listing a namespace twice is no conflict",
			organizations: []*v1alpha1.Organization{organization(1, "acme", lists("a", "a"))},
			wantOwner:     map[string]string{"a": "acme"},
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			d := tenancy.NewDirectory(tt.organizations, nil)
			for ns, want := range tt.wantOwner {
				got := ""
				if o, ok := d.OwnerOfNamespace(ns); ok {
					got = o.Name()
				}
				if got != want {
					t.Errorf("namespace %s belongs to %q, want %q", ns, got, want)
				}
			}
			for org, want := range tt.wantTenant {
				got, ok, reason := d.MimirTenant(org)
				if got != want || ok != (want != "") || ok != (reason == "") {
					t.Errorf("MimirTenant(%s) = %q, %v, %q; want %q", org, got, ok, reason, want)
				}
			}
			got := map[string][]string{}
			for _, o := range d.Organizations() {
				for _, c := range o.Conflicts {
					got[o.Name()] = append(got[o.Name()], c.Field)
				}
			}
			want := tt.wantConflicts
			if want == nil {
				want = map[string][]string{}
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("conflicts (-want +got):\n%s", diff)
			}
		})
	}
}

func deleting(o *v1alpha1.Organization) *v1alpha1.Organization {
	now := metav1.NewTime(time.Date(2026, 11, 20, 0, 0, 0, 0, time.UTC))
	o.DeletionTimestamp = &now
	return o
}

// A conflict is shown to the one who loses, and must not say who wins.
func TestConflictsNameNobody(t *testing.T) {
	secret := func(s *v1alpha1.OrganizationSpec) {
		s.Namespaces, s.Domains, s.MimirTenant = []string{"n"}, []string{"*.d.example"}, "t"
	}
	d := tenancy.NewDirectory([]*v1alpha1.Organization{organization(1, "secretive", secret), organization(2, "acme", secret)}, nil)
	o, _ := d.Organization("acme")
	if len(o.Conflicts) != 3 {
		t.Fatalf("conflicts: %v, want three", o.Conflicts)
	}
	for _, c := range o.Conflicts {
		if strings.Contains(c.Message, "secretive") {
			t.Errorf("%s: %s", c.Field, c.Message)
		}
	}
}
