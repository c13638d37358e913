package settings

import (
	"errors"
	"fmt"
	"maps"
	"net/netip"
	"regexp"
	"slices"
	"strings"

	"k8s.io/apimachinery/pkg/util/validation"

	"tollgate.dev/tollgate/apis/tollgate/v1alpha1"
)

// Validate reports every value that cannot be, each with its field.
func (s *Settings) Validate() error {
	var c checks
	c.gateway(&s.Gateway)
	for _, who := range []struct {
		field string
		*Subjects
	}{{"admins", &s.Admins}, {"system", &s.System}, {"controller", &s.Controller}, {"console", &s.Console}} {
		c.subjects(who.field, who.Subjects)
	}
	c.oneOf("unownedNamespaces", string(s.UnownedNamespaces), string(WarnUnowned), string(DenyUnowned), string(IgnoreUnowned))
	c.plugins(&s.Plugins)
	c.each("registries.allowed", s.Registries.Allowed, checkAddress)
	c.each("routes.annotations", s.Routes.Annotations, checkAnnotation)
	for _, id := range slices.Sorted(maps.Keys(s.Policies)) {
		c.policy("policies."+id, id, s.Policies[id])
	}
	return errors.Join(c...)
}

// checks are the errors so far.
type checks []error

func (c *checks) fail(field, format string, args ...any) {
	*c = append(*c, fmt.Errorf("%s: %s", field, fmt.Sprintf(format, args...)))
}

func (c *checks) oneOf(field, value string, allowed ...string) {
	if !slices.Contains(allowed, value) {
		c.fail(field, "%q is not one of %s", value, strings.Join(allowed, ", "))
	}
}

// each checks every element of a list, and that none stands twice.
func (c *checks) each(field string, values []string, check func(string) string) {
	seen := make(map[string]bool, len(values))
	for i, v := range values {
		at := fmt.Sprintf("%s[%d]", field, i)
		if msg := check(v); msg != "" {
			c.fail(at, "%q %s", v, msg)
		}
		if seen[v] {
			c.fail(at, "%q stands twice; remove one", v)
		}
		seen[v] = true
	}
}

func (c *checks) gateway(g *Gateway) {
	if msg := checkLabel(g.Namespace); msg != "" {
		c.fail("gateway.namespace", "%q %s", g.Namespace, msg)
	}
	if slices.Contains(ExemptNamespaces(), g.Namespace) {
		c.fail("gateway.namespace", "the webhook is never asked about %q, so that nothing would guard the gateway there; give the gateway a namespace of its own", g.Namespace)
	}
	c.each("gateway.ingressClasses", g.IngressClasses, checkObjectName)
	c.each("gateway.ingressControllers", g.IngressControllers, notEmpty)
	c.each("gateway.gatewayClasses", g.GatewayClasses, checkObjectName)
	c.each("gateway.controllers", g.Controllers, checkPattern)
	c.oneOf("gateway.emptyClass", string(g.EmptyClass), string(JudgeEmptyClass), string(IgnoreEmptyClass))
	if len(g.IngressClasses)+len(g.IngressControllers)+len(g.Controllers)+len(g.GatewayClasses) == 0 {
		c.fail("gateway", "no class and no controller is Higress's, so that nothing would be judged; list at least one")
	}
}

func (c *checks) subjects(field string, s *Subjects) {
	c.each(field+".users", s.Users, notEmpty)
	c.each(field+".groups", s.Groups, func(g string) string {
		switch g {
		case "system:authenticated", "system:unauthenticated", "system:serviceaccounts":
			return "is everybody, and would free everybody; name a narrower group"
		}
		return notEmpty(g)
	})
	for i, sa := range s.ServiceAccounts {
		at := fmt.Sprintf("%s.serviceAccounts[%d]", field, i)
		if msg := checkLabel(sa.Namespace); msg != "" {
			c.fail(at+".namespace", "%q %s", sa.Namespace, msg)
		}
		if msg := checkObjectName(sa.Name); msg != "" {
			c.fail(at+".name", "%q %s", sa.Name, msg)
		}
	}
}

func (c *checks) plugins(p *Plugins) {
	c.each("plugins.registries", p.Registries, checkRepository)
	c.each("plugins.guards", p.Guards, checkObjectName)
	c.each("plugins.platform", p.Platform, checkObjectName)
	c.each("plugins.required", p.Required, checkObjectName)
	if p.IdentityHeaders != "" {
		if msg := checkObjectName(p.IdentityHeaders); msg != "" {
			c.fail("plugins.identityHeaders", "%q %s", p.IdentityHeaders, msg)
		}
	}
	for i, t := range p.Tenant {
		at := fmt.Sprintf("plugins.tenant[%d]", i)
		if msg := checkRepository(t.Plugin); msg != "" {
			c.fail(at+".plugin", "%q %s", t.Plugin, msg)
		}
		if !digests().MatchString(t.Digest) {
			c.fail(at+".digest", "%q is not sha256: and 64 hex digits in lower case; a tag can move, so name the digest", t.Digest)
		}
	}
}

func (c *checks) policy(field, id string, p Policy) {
	if msg := checkLabel(id); msg != "" {
		c.fail(field, "a policy id %s", msg)
	}
	c.action(field+".webhook", p.Webhook)
	c.action(field+".review", p.Review)
}

func (c *checks) action(field string, a v1alpha1.PolicyAction) {
	if a != "" {
		c.oneOf(field, string(a), string(v1alpha1.PolicyDeny), string(v1alpha1.PolicyWarn), string(v1alpha1.PolicyDryRun))
	}
}

func notEmpty(s string) string {
	if strings.TrimSpace(s) != s || s == "" {
		return "is empty or has space around it"
	}
	return ""
}

func checkLabel(s string) string {
	if len(validation.IsDNS1123Label(s)) > 0 {
		return "must be a DNS label: at most 63 lower-case letters, digits and hyphens"
	}
	return ""
}

func checkObjectName(s string) string {
	if len(validation.IsDNS1123Subdomain(s)) > 0 {
		return "must be an object's name: lower-case letters, digits, hyphens and dots"
	}
	return ""
}

// checkPattern checks text that may end in *.
func checkPattern(s string) string {
	if strings.Contains(strings.TrimSuffix(s, "*"), "*") {
		return "may have one * only, at its end"
	}
	return notEmpty(s)
}

func checkAnnotation(s string) string {
	if strings.Contains(s, "/") {
		return "has a prefix; give the part behind the slash only"
	}
	return checkPattern(s)
}

func checkRepository(s string) string {
	if !repositories().MatchString(s) {
		return "must be a registry's host with an optional port and path, without scheme, tag and digest: registry.example.com/plugins"
	}
	return ""
}

// checkAddress checks a host, a suffix of hosts (.example.com) or a CIDR.
func checkAddress(s string) string {
	if strings.Contains(s, "/") {
		if p, err := netip.ParsePrefix(s); err != nil || p.Masked() != p {
			return "must be a CIDR with nothing set behind its prefix, such as 203.0.113.0/24"
		}
		return ""
	}
	if _, err := netip.ParseAddr(s); err == nil {
		return ""
	}
	if len(validation.IsDNS1123Subdomain(strings.TrimPrefix(s, "."))) > 0 {
		return "must be a host, a suffix such as .example.com, an address or a CIDR, in lower case"
	}
	return ""
}

func digests() *regexp.Regexp { return regexp.MustCompile(`^sha256:[0-9a-f]{64}$`) }

func repositories() *regexp.Regexp {
	return regexp.MustCompile(`^[a-z0-9]([a-z0-9.-]*[a-z0-9])?(:[0-9]{1,5})?(/[a-z0-9._-]+)*$`)
}
