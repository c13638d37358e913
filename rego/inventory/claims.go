package inventory

import (
	"cmp"
	"slices"
	"strings"

	"github.com/open-policy-agent/opa/v1/ast"

	"tollgate.dev/tollgate/tenancy"
)

// claims are the documents that say which organizations list something, owned
// or not: data.tollgate.namespace_claims[namespace], domain_claims[domain] and
// tenant_claims[Mimir tenant], each a list of organizations by name. A domain
// is claimed by whoever lists one that has a host in common with it. They are
// computed when they are read, which only writes of Organizations do, and
// cannot be iterated.
func (t *tenantDocuments) newClaims(claims func(o *tenancy.OrganizationView, key string) bool) document {
	d := t.directory
	return computed{of: func(key string) (ast.Value, bool) {
		var names []string
		for _, o := range d.Organizations() {
			if claims(o, key) {
				names = append(names, o.Name())
			}
		}
		return t.words.list(names).Value, len(names) > 0
	}}
}

func claimsNamespace(o *tenancy.OrganizationView, namespace string) bool {
	return slices.Contains(o.Organization.Spec.Namespaces, namespace)
}

func claimsTenant(o *tenancy.OrganizationView, tenant string) bool {
	return cmp.Or(o.Organization.Spec.MimirTenant, o.Name()) == tenant
}

func claimsDomain(o *tenancy.OrganizationView, domain string) bool {
	return slices.ContainsFunc(o.Organization.Spec.Domains, func(other string) bool {
		return overlap(NormalHost(other), domain)
	})
}

// overlap reports whether two normal domains have a host in common. A wildcard
// covers what is below its base, at any depth, and not the base.
func overlap(a, b string) bool {
	baseA, wildA := strings.CutPrefix(a, "*.")
	baseB, wildB := strings.CutPrefix(b, "*.")
	switch {
	case wildA && wildB:
		return baseA == baseB || strings.HasSuffix(baseA, "."+baseB) || strings.HasSuffix(baseB, "."+baseA)
	case wildA:
		return strings.HasSuffix(baseB, "."+baseA)
	case wildB:
		return strings.HasSuffix(baseA, "."+baseB)
	}
	return baseA == baseB
}
