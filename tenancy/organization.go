package tenancy

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"tollgate.dev/tollgate/apis/tollgate/v1alpha1"
)

// OrganizationView is an Organization and what it really owns.
type OrganizationView struct {
	Organization *v1alpha1.Organization
	// Node is the organization's budget node.
	Node Node
	// MimirTenant is spec.mimirTenant, or the organization's name. Ask
	// Directory.MimirTenant before using it: another may own it.
	MimirTenant string
	// Conflicts are the namespaces, domains and the tenant that it lists and
	// does not own. Empty when all is well.
	Conflicts []Problem

	tenantReason string
}

// Name returns the organization's name.
func (o *OrganizationView) Name() string { return o.Organization.Name }

// organizationsByAge returns a view of each organization that can count, the
// oldest first. Of two objects of one name (which no API server holds at once)
// the older counts.
func organizationsByAge(orgs []*v1alpha1.Organization) []*OrganizationView {
	var views []*OrganizationView
	for _, o := range orgs {
		if o == nil || !ValidLabel(o.Name) {
			continue
		}
		views = append(views, &OrganizationView{
			Organization: o,
			Node:         OrganizationNode(o),
			MimirTenant:  cmp.Or(o.Spec.MimirTenant, o.Name),
		})
	}
	slices.SortStableFunc(views, func(a, b *OrganizationView) int {
		return olderFirst(&a.Organization.ObjectMeta, &b.Organization.ObjectMeta)
	})
	seen := make(map[string]bool, len(views))
	return slices.DeleteFunc(views, func(v *OrganizationView) bool {
		dup := seen[v.Name()]
		seen[v.Name()] = true
		return dup
	})
}

// claims are the things that organizations own, taken in order of age.
type claims struct {
	namespaces map[string]*OrganizationView
	tenants    map[string]*OrganizationView
	domains    *domains
}

func newClaims(byAge []*OrganizationView) *claims {
	c := &claims{
		namespaces: map[string]*OrganizationView{},
		tenants:    map[string]*OrganizationView{},
		domains:    newDomains(),
	}
	for age, o := range byAge {
		c.claim(age, o)
	}
	return c
}

func (c *claims) claim(age int, o *OrganizationView) {
	conflict := func(field, format string, args ...any) {
		o.Conflicts = append(o.Conflicts, Problem{Field: field, Message: fmt.Sprintf(format, args...)})
	}
	for i, ns := range o.Organization.Spec.Namespaces {
		owner, taken := c.namespaces[ns]
		switch {
		case !taken:
			c.namespaces[ns] = o
		case owner != o:
			conflict(fmt.Sprintf("spec.namespaces[%d]", i),
				"namespace %q belongs to an older organization; remove it from one of the two", ns)
		}
	}

	var own []string
	for i, raw := range o.Organization.Spec.Domains {
		d := canonicalHost(raw)
		if c.domains.overlaps(d) {
			conflict(fmt.Sprintf("spec.domains[%d]", i),
				"domain %q overlaps with one of an older organization, which owns the hosts in both; remove it from one of the two", raw)
		}
		own = append(own, d)
	}
	for _, d := range own { // after all were compared: an organization never conflicts with itself
		c.domains.add(d, age, o)
	}

	switch _, taken := c.tenants[o.MimirTenant]; {
	case !validTenant(o.MimirTenant):
		o.tenantReason = fmt.Sprintf("%q is not a Mimir tenant ID; set spec.mimirTenant to letters, digits and any of !-_.*'()", o.MimirTenant)
	case taken:
		o.tenantReason = fmt.Sprintf("the Mimir tenant %q belongs to an older organization; set spec.mimirTenant to one of this organization's own", o.MimirTenant)
	default:
		c.tenants[o.MimirTenant] = o
	}
	if o.tenantReason != "" {
		conflict("spec.mimirTenant", "%s", o.tenantReason)
	}
}

// validTenant reports whether Mimir takes s as one tenant. A | would join
// several tenants in one query and so read one with another's header.
// Source: the tenant ID restrictions in Grafana Mimir's documentation.
func validTenant(s string) bool {
	if s == "" || len(s) > 150 || s == "." || s == ".." || s == "__mimir_cluster" {
		return false
	}
	for i := range len(s) {
		c := s[i]
		if !alphanumeric(c) && (c < 'A' || c > 'Z') && !strings.ContainsRune("!-_.*'()", rune(c)) {
			return false
		}
	}
	return true
}

// olderFirst orders two objects by creationTimestamp, then by UID, then (for
// objects that no API server made) by namespace and name.
func olderFirst(a, b *metav1.ObjectMeta) int {
	return cmp.Or(
		a.CreationTimestamp.Compare(b.CreationTimestamp.Time),
		cmp.Compare(a.UID, b.UID),
		cmp.Compare(a.Namespace, b.Namespace),
		cmp.Compare(a.Name, b.Name),
	)
}
