package tenancy

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"tollgate.dev/tollgate/apis/tollgate/v1alpha1"
)

// Directory is an immutable snapshot of who owns what. It may be read from many
// goroutines. It keeps the objects it was made from, which must not change, and
// its answers are shared: callers must not change them either.
type Directory struct {
	organizations []*OrganizationView          // by name
	byName        map[string]*OrganizationView // usable organizations
	claims        *claims

	projects []*ProjectView            // by namespace, then name
	ofOrg    map[string][]*ProjectView // accepted, by name
}

type projectKey struct{ organization, name string }

// NewDirectory computes who owns what. The order of its arguments makes no
// difference.
func NewDirectory(orgs []*v1alpha1.Organization, projects []*v1alpha1.Project) *Directory {
	byAge := organizationsByAge(orgs)
	d := &Directory{
		organizations: byAge,
		byName:        make(map[string]*OrganizationView, len(byAge)),
		claims:        newClaims(byAge),
		ofOrg:         map[string][]*ProjectView{},
	}
	for _, o := range byAge {
		d.byName[o.Name()] = o
	}
	d.organizations = slices.SortedFunc(slices.Values(byAge), func(a, b *OrganizationView) int {
		return strings.Compare(a.Name(), b.Name())
	})
	d.accept(projects)
	return d
}

func (d *Directory) accept(projects []*v1alpha1.Project) {
	byAge := slices.DeleteFunc(slices.Clone(projects), func(p *v1alpha1.Project) bool { return p == nil })
	slices.SortStableFunc(byAge, func(a, b *v1alpha1.Project) int {
		return olderFirst(&a.ObjectMeta, &b.ObjectMeta)
	})
	taken := map[projectKey]bool{}
	for _, p := range byAge {
		v := &ProjectView{Project: p}
		d.judge(v, taken)
		v.build()
		d.projects = append(d.projects, v)
		if v.Accepted {
			d.ofOrg[p.Spec.Organization] = append(d.ofOrg[p.Spec.Organization], v)
		}
	}
	slices.SortFunc(d.projects, func(a, b *ProjectView) int {
		return compareKeys(a.Project, b.Project.Namespace, b.Project.Name)
	})
	for _, views := range d.ofOrg {
		slices.SortFunc(views, func(a, b *ProjectView) int {
			return strings.Compare(a.Project.Name, b.Project.Name)
		})
	}
}

// judge decides whether a project counts. taken holds the names of older
// projects that do.
func (d *Directory) judge(v *ProjectView, taken map[projectKey]bool) {
	p := v.Project
	owner, owned := d.claims.namespaces[p.Namespace]
	key := projectKey{organization: p.Spec.Organization, name: p.Name}
	switch {
	case !owned || owner.Name() != p.Spec.Organization:
		v.Reason = ReasonNotAccepted
		v.Message = fmt.Sprintf("namespace %q does not belong to the organization that spec.organization names; ask the platform's administrators, or correct the name", p.Namespace)
	case !ValidLabel(p.Name):
		v.Reason = ReasonInvalidName
		v.Message = "the project's name cannot be part of consumer names; give it a DNS label that does not begin with metric, consumer, model or upstream"
	case taken[key]:
		v.Reason = ReasonNameTaken
		v.Message = "an older project of the organization, in another of its namespaces, has this name; give one of the two another name"
	default:
		taken[key] = true
		v.Accepted, v.Organization = true, owner.Organization
		v.Reason, v.Message = ReasonAccepted, "the project counts for its organization"
	}
}

// Organizations returns the organizations that can count, by name.
func (d *Directory) Organizations() []*OrganizationView { return d.organizations }

// Organization returns one organization.
func (d *Directory) Organization(name string) (*OrganizationView, bool) {
	o, ok := d.byName[name]
	return o, ok
}

// MimirTenant returns the tenant that holds an organization's metrics. ok is
// false when the organization does not exist or an older one owns the tenant;
// then nothing may be read, and reason says why.
func (d *Directory) MimirTenant(organization string) (tenant string, ok bool, reason string) {
	o, found := d.byName[organization]
	if !found {
		return "", false, fmt.Sprintf("organization %q does not exist", organization)
	}
	if o.tenantReason != "" {
		return "", false, o.tenantReason
	}
	return o.MimirTenant, true, ""
}

// OwnerOfNamespace returns the organization that a namespace belongs to.
func (d *Directory) OwnerOfNamespace(namespace string) (*OrganizationView, bool) {
	o, ok := d.claims.namespaces[namespace]
	return o, ok
}

// OwnerOfHost returns the organization that may serve a host, which may be a
// wildcard (*.acme.example). Case and one trailing dot make no difference. A
// wildcard host has no owner when an older organization than the one that
// covers it claims a host below it.
func (d *Directory) OwnerOfHost(host string) (*OrganizationView, bool) {
	return d.claims.domains.owner(canonicalHost(host))
}

// Project returns one project, accepted or not.
func (d *Directory) Project(namespace, name string) (*ProjectView, bool) {
	i, ok := slices.BinarySearchFunc(d.projects, name, func(v *ProjectView, name string) int {
		return compareKeys(v.Project, namespace, name)
	})
	if !ok {
		return nil, false
	}
	return d.projects[i], true
}

// Projects returns the projects of a namespace, or of all namespaces for "",
// accepted or not, by namespace and then by name.
func (d *Directory) Projects(namespace string) []*ProjectView {
	if namespace == "" {
		return d.projects
	}
	from, _ := slices.BinarySearchFunc(d.projects, namespace, func(v *ProjectView, ns string) int {
		return strings.Compare(v.Project.Namespace, ns)
	})
	to := from
	for to < len(d.projects) && d.projects[to].Project.Namespace == namespace {
		to++
	}
	return d.projects[from:to:to]
}

// ProjectsOf returns the accepted projects of an organization, by name.
func (d *Directory) ProjectsOf(organization string) []*ProjectView {
	return d.ofOrg[organization]
}

func compareKeys(p *v1alpha1.Project, namespace, name string) int {
	return cmp.Or(strings.Compare(p.Namespace, namespace), strings.Compare(p.Name, name))
}
