package tenancy

import (
	"iter"
	"strings"
)

// A domain of an organization is a host (acme.example covers that host alone)
// or a wildcard (*.acme.example covers every host below acme.example, at any
// depth, and not acme.example itself).

const wildcard = "*."

// domainClaim is the oldest claim of one domain.
type domainClaim struct {
	age   int
	owner *OrganizationView
}

// domains are the claims of all organizations, added from the oldest on.
type domains struct {
	hosts     map[string]domainClaim // acme.example
	wildcards map[string]domainClaim // acme.example for *.acme.example
	below     map[string]domainClaim // oldest claim of any host below the key
}

func newDomains() *domains {
	return &domains{
		hosts:     map[string]domainClaim{},
		wildcards: map[string]domainClaim{},
		below:     map[string]domainClaim{},
	}
}

func (d *domains) add(domain string, age int, o *OrganizationView) {
	claim := domainClaim{age: age, owner: o}
	base, wild := strings.CutPrefix(domain, wildcard)
	if wild {
		setIfAbsent(d.wildcards, base, claim)
		setIfAbsent(d.below, base, claim)
	} else {
		setIfAbsent(d.hosts, base, claim)
	}
	for parent := range parents(base) {
		setIfAbsent(d.below, parent, claim)
	}
}

// overlaps reports whether a domain has a host in common with any claim so far.
func (d *domains) overlaps(domain string) bool {
	base, wild := strings.CutPrefix(domain, wildcard)
	if wild {
		if _, ok := d.below[base]; ok {
			return true
		}
	} else if _, ok := d.hosts[base]; ok {
		return true
	}
	for parent := range parents(base) {
		if _, ok := d.wildcards[parent]; ok {
			return true
		}
	}
	return false
}

// owner returns the oldest organization of those that cover the host. A
// wildcard host is owned only by one that covers all of it while nobody older
// claims a part.
func (d *domains) owner(host string) (*OrganizationView, bool) {
	base, wild := strings.CutPrefix(host, wildcard)
	var best domainClaim
	consider := func(c domainClaim, ok bool) {
		if ok && (best.owner == nil || c.age < best.age) {
			best = c
		}
	}
	if wild {
		c, ok := d.wildcards[base]
		consider(c, ok)
	} else {
		c, ok := d.hosts[base]
		consider(c, ok)
	}
	for parent := range parents(base) {
		c, ok := d.wildcards[parent]
		consider(c, ok)
	}
	if best.owner == nil {
		return nil, false
	}
	if part, ok := d.below[base]; wild && ok && part.age < best.age {
		return nil, false
	}
	return best.owner, true
}

// canonicalHost folds case and drops one trailing dot, as resolvers do.
func canonicalHost(host string) string {
	return strings.TrimSuffix(strings.ToLower(host), ".")
}

// parents yields the domains above a host: b.c and c for a.b.c.
func parents(host string) iter.Seq[string] {
	return func(yield func(string) bool) {
		for {
			_, rest, ok := strings.Cut(host, ".")
			if !ok || !yield(rest) {
				return
			}
			host = rest
		}
	}
}

func setIfAbsent(m map[string]domainClaim, key string, c domainClaim) {
	if _, ok := m[key]; !ok {
		m[key] = c
	}
}
