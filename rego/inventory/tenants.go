package inventory

import (
	"reflect"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"tollgate.dev/tollgate/apis/tollgate/v1alpha1"
	"tollgate.dev/tollgate/tenancy"
)

// tenants keeps Organizations and Projects and answers who owns what. The
// directory is computed anew when one of them changed in more than its status;
// its documents are computed from it when they are read.
type tenants struct {
	words         words
	organizations map[objectKey]*v1alpha1.Organization
	projects      map[objectKey]*v1alpha1.Project
	dirty         bool
	documents     *tenantDocuments
}

func newTenants(w words) *tenants {
	return &tenants{
		words:         w,
		organizations: map[objectKey]*v1alpha1.Organization{},
		projects:      map[objectKey]*v1alpha1.Project{},
		dirty:         true,
	}
}

func parseOrganization(u *unstructured.Unstructured) any {
	o := read[v1alpha1.Organization](u)
	return &v1alpha1.Organization{ObjectMeta: identity(&o.ObjectMeta), Spec: o.Spec}
}

// parseProject leaves out the users that groups list: no policy asks for them, and
// they are most of a Project.
func parseProject(u *unstructured.Unstructured) any {
	p := read[v1alpha1.Project](u)
	for i := range p.Spec.Groups {
		p.Spec.Groups[i].Users = nil
	}
	return &v1alpha1.Project{ObjectMeta: identity(&p.ObjectMeta), Spec: p.Spec}
}

// identity is what of an object's metadata decides who owns what.
func identity(m *metav1.ObjectMeta) metav1.ObjectMeta {
	return metav1.ObjectMeta{Name: m.Name, Namespace: m.Namespace, UID: m.UID, CreationTimestamp: m.CreationTimestamp}
}

func (t *tenants) putOrganization(k objectKey, o *v1alpha1.Organization) {
	if !reflect.DeepEqual(t.organizations[k], o) {
		t.organizations[k], t.dirty = o, true
	}
}

func (t *tenants) putProject(k objectKey, p *v1alpha1.Project) {
	if !reflect.DeepEqual(t.projects[k], p) {
		t.projects[k], t.dirty = p, true
	}
}

func (t *tenants) remove(k objectKey) {
	_, organization := t.organizations[k]
	_, project := t.projects[k]
	if organization || project {
		delete(t.organizations, k)
		delete(t.projects, k)
		t.dirty = true
	}
}

func (t *tenants) directory() *tenancy.Directory {
	if t.dirty {
		t.documents = newTenantDocuments(t.words, tenancy.NewDirectory(values(t.organizations), values(t.projects)))
		t.dirty = false
	}
	return t.documents.directory
}

func values[K comparable, V any](m map[K]V) []V {
	out := make([]V, 0, len(m))
	for _, v := range m {
		out = append(out, v)
	}
	return out
}
