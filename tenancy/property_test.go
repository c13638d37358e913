package tenancy_test

import (
	"fmt"
	"slices"
	"sort"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"pgregory.net/rapid"

	"tollgate.dev/tollgate/apis/tollgate/v1alpha1"
	"tollgate.dev/tollgate/tenancy"
)

// world is a small cluster in which names, namespaces and ages often meet.
type world struct {
	organizations []*v1alpha1.Organization
	projects      []*v1alpha1.Project
}

func worlds() *rapid.Generator[world] {
	return rapid.Custom(func(t *rapid.T) world {
		var w world
		namespace := rapid.SampledFrom([]string{"n0", "n1", "n2", "n3"})
		names := rapid.SliceOfNDistinct(rapid.SampledFrom([]string{"acme", "globex", "initech", "metrics"}), 0, 4, rapid.ID[string]).Draw(t, "organizations")
		for i, name := range names {
			o := organization(rapid.IntRange(1, 3).Draw(t, "day"), name, nil)
			o.UID = uid(rapid.IntRange(0, 9).Draw(t, "uid"), i)
			o.Spec.Namespaces = rapid.SliceOfNDistinct(namespace, 0, 3, rapid.ID[string]).Draw(t, "namespaces")
			o.Spec.MimirTenant = rapid.SampledFrom([]string{"", "acme", "globex", "own"}).Draw(t, "tenant")
			w.organizations = append(w.organizations, o)
		}
		taken := map[string]bool{}
		for i := range rapid.IntRange(0, 8).Draw(t, "projects") {
			ns, name := namespace.Draw(t, "namespace"), rapid.SampledFrom([]string{"chat", "search", "model"}).Draw(t, "project")
			if taken[ns+"/"+name] {
				continue
			}
			taken[ns+"/"+name] = true
			p := project(rapid.IntRange(1, 3).Draw(t, "day"), ns, name, rapid.SampledFrom([]string{"acme", "globex", "initech", "metrics", "nobody"}).Draw(t, "names"),
				v1alpha1.Group{Name: "engineers", Users: []v1alpha1.User{{Name: "alice"}}})
			p.UID = uid(rapid.IntRange(0, 9).Draw(t, "uid"), i)
			if rapid.Bool().Draw(t, "deleting") {
				p.DeletionTimestamp = &metav1.Time{Time: p.CreationTimestamp.Time}
			}
			w.projects = append(w.projects, p)
		}
		return w
	})
}

// uid is unique by its second part and ordered by its first.
func uid(order, i int) types.UID { return types.UID(fmt.Sprintf("%d-%d", order, i)) }

// age sorts as the rule says: by creationTimestamp, then UID.
func age(m *metav1.ObjectMeta) string {
	return fmt.Sprintf("%d %s", m.CreationTimestamp.Unix(), m.UID)
}

// ownerByRule finds the owner of a thing by asking every organization.
func (w world) ownerByRule(claims func(*v1alpha1.Organization) bool) string {
	var found []*v1alpha1.Organization
	for _, o := range w.organizations {
		if tenancy.ValidLabel(o.Name) && claims(o) {
			found = append(found, o)
		}
	}
	if len(found) == 0 {
		return ""
	}
	sort.Slice(found, func(i, j int) bool { return age(&found[i].ObjectMeta) < age(&found[j].ObjectMeta) })
	return found[0].Name
}

func TestDirectoryAgainstTheRule(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		w := worlds().Draw(t, "world")
		d := tenancy.NewDirectory(w.organizations, w.projects)

		owners := map[string]string{}
		for _, ns := range []string{"n0", "n1", "n2", "n3"} {
			owners[ns] = w.ownerByRule(func(o *v1alpha1.Organization) bool { return slices.Contains(o.Spec.Namespaces, ns) })
			got := ""
			if o, ok := d.OwnerOfNamespace(ns); ok {
				got = o.Name()
			}
			if got != owners[ns] {
				t.Fatalf("namespace %s belongs to %q, want %q", ns, got, owners[ns])
			}
		}
		tenants := map[string]string{}
		for _, o := range d.Organizations() {
			want := w.ownerByRule(func(other *v1alpha1.Organization) bool {
				claimed := other.Spec.MimirTenant
				if claimed == "" {
					claimed = other.Name
				}
				return claimed == o.MimirTenant
			})
			tenant, ok, _ := d.MimirTenant(o.Name())
			if ok != (want == o.Name()) {
				t.Fatalf("%s has tenant %q: %v, which belongs to %q", o.Name(), o.MimirTenant, ok, want)
			}
			if other, taken := tenants[tenant]; ok && taken {
				t.Fatalf("%s and %s share the tenant %q", other, o.Name(), tenant)
			}
			tenants[tenant] = o.Name()
		}

		paths := map[string]bool{}
		for _, p := range w.projects {
			v, ok := d.Project(p.Namespace, p.Name)
			if !ok {
				t.Fatalf("project %s/%s is missing", p.Namespace, p.Name)
			}
			counts := owners[p.Namespace] == p.Spec.Organization && owners[p.Namespace] != "" && tenancy.ValidLabel(p.Name)
			for _, other := range w.projects {
				rival := other.Name == p.Name && other.Spec.Organization == p.Spec.Organization && owners[other.Namespace] == other.Spec.Organization
				counts = counts && (!rival || age(&p.ObjectMeta) <= age(&other.ObjectMeta))
			}
			if v.Accepted != counts {
				t.Fatalf("project %s/%s of %s accepted: %v, want %v", p.Namespace, p.Name, p.Spec.Organization, v.Accepted, counts)
			}
			if !counts && len(v.Nodes) > 0 {
				t.Fatalf("project %s/%s of %s does not count and has nodes", p.Namespace, p.Name, p.Spec.Organization)
			}
			for _, n := range v.Nodes {
				if paths[n.Path] || !strings.HasPrefix(n.Path, p.Spec.Organization+".") {
					t.Fatalf("path %s of %s/%s is not its own", n.Path, p.Namespace, p.Name)
				}
				paths[n.Path] = true
				for _, label := range strings.Split(n.Path, ".") {
					if !tenancy.ValidLabel(label) {
						t.Fatalf("path %s of %s/%s has the label %q", n.Path, p.Namespace, p.Name, label)
					}
				}
			}
		}
	})
}

func TestOrderOfObjectsMakesNoDifference(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		w := worlds().Draw(t, "world")
		want := describe(tenancy.NewDirectory(w.organizations, w.projects))
		got := describe(tenancy.NewDirectory(
			rapid.Permutation(w.organizations).Draw(t, "organizations"),
			rapid.Permutation(w.projects).Draw(t, "projects"),
		))
		if diff := cmp.Diff(want, got); diff != "" {
			t.Fatalf("answers (-want +got):\n%s", diff)
		}
	})
}

// describe writes down every answer of a directory, in the order it gives them.
func describe(d *tenancy.Directory) []string {
	var out []string
	for _, o := range d.Organizations() {
		tenant, ok, reason := d.MimirTenant(o.Name())
		out = append(out, fmt.Sprintf("%s: %q %v %q %v", o.Name(), tenant, ok, reason, o.Conflicts))
		for _, p := range d.ProjectsOf(o.Name()) {
			out = append(out, o.Name()+" has "+p.Project.Namespace+"/"+p.Project.Name)
		}
	}
	for _, ns := range []string{"n0", "n1", "n2", "n3"} {
		if o, ok := d.OwnerOfNamespace(ns); ok {
			out = append(out, ns+" belongs to "+o.Name())
		}
		for _, p := range d.Projects(ns) {
			out = append(out, fmt.Sprintf("%s/%s: %s %s %v", ns, p.Project.Name, p.Reason, p.Message, p.Rows))
		}
	}
	for _, p := range d.Projects("") {
		out = append(out, "all: "+p.Project.Namespace+"/"+p.Project.Name)
	}
	return out
}
