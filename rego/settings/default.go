package settings

import (
	"slices"

	"tollgate.dev/tollgate/apis/tollgate/v1alpha1"
)

// Default returns the settings of an empty file. The caller owns them.
func Default() *Settings {
	s := &Settings{
		Gateway: Gateway{
			Namespace:          "higress-system",
			IngressClasses:     []string{"higress"},
			IngressControllers: []string{"higress.io/higress-controller"},
			EmptyClass:         JudgeEmptyClass,
			GatewayClasses:     []string{"higress"},
			Controllers:        []string{"higress.io/gateway-controller*"},
		},
		Admins: Subjects{Groups: []string{"system:masters"}},
		System: Subjects{
			Users:  []string{"system:apiserver", "system:kube-controller-manager", "system:kube-scheduler"},
			Groups: []string{"system:nodes", "system:serviceaccounts:kube-system"},
		},
		Controller:        Subjects{Users: []string{"system:serviceaccount:tollgate-system:tollgate-controller"}},
		Console:           Subjects{Users: []string{"system:serviceaccount:higress-system:higress-console"}},
		UnownedNamespaces: WarnUnowned,
		Plugins: Plugins{
			Registries:      []string{"higress-registry.cn-hangzhou.cr.aliyuncs.com/plugins"},
			Guards:          []string{"tollgate-identity", "tollgate-auth", "tollgate-budget"},
			Platform:        []string{"tollgate-proxy", "tollgate-statistics"},
			IdentityHeaders: "tollgate-identity",
			Required:        []string{"tollgate-auth", "tollgate-budget"},
		},
		Routes: Routes{Annotations: DefaultAnnotations()},
	}
	s.fill()
	return s
}

// DefaultAnnotations are the annotations that act on the tenant's own route
// alone: matching, rewriting, retries, time limits, load balancing, CORS,
// redirects and limits. Left out is what carries configuration or code
// (snippets), sends requests or copies elsewhere (mirror, fallback, MCP
// servers), names Secrets, opens or closes access, or writes headers that the
// gateway's plugins trust. destination is in the list because a policy of its
// own judges it. Source: the annotations that Higress reads
// (contract section 5).
func DefaultAnnotations() []string {
	return []string{
		"affinity", "affinity-mode",
		"backend-protocol",
		"canary", "canary-by-cookie", "canary-by-header", "canary-by-header-pattern", "canary-by-header-value",
		"canary-weight", "canary-weight-total",
		"cors-allow-credentials", "cors-allow-headers", "cors-allow-methods", "cors-allow-origin",
		"cors-expose-headers", "cors-max-age", "enable-cors",
		"destination",
		"exact-match-header-*", "exact-match-query-*",
		"force-ssl-redirect", "ssl-redirect",
		"full-path-regex", "ignore-path-case",
		"load-balance",
		"match-method",
		"permanent-redirect", "permanent-redirect-code", "temporal-redirect",
		"prefix-match-header-*", "prefix-match-query-*",
		"proxy-next-upstream", "proxy-next-upstream-timeout", "proxy-next-upstream-tries",
		"regex-match-header-*", "regex-match-query-*",
		"rewrite-path", "rewrite-target",
		"route-limit-burst-multiplier", "route-limit-rpm", "route-limit-rps",
		"session-cookie-max-age", "session-cookie-name", "session-cookie-path",
		"timeout",
		"tls-max-protocol-version", "tls-min-protocol-version",
		"upstream-hash-by",
		"use-regex",
	}
}

// ExemptNamespaces are those that the webhook's configurations
// (manifests/webhook/base) leave out, so that Tollgate and Kubernetes can be
// healed while it is down. Nothing is judged there.
func ExemptNamespaces() []string { return []string{"tollgate-system", "kube-system"} }

// fill makes every list and map present, so that policies never meet null.
func (s *Settings) fill() {
	for _, l := range []*[]string{
		&s.Gateway.IngressClasses, &s.Gateway.IngressControllers, &s.Gateway.GatewayClasses, &s.Gateway.Controllers,
		&s.Plugins.Registries, &s.Plugins.Guards, &s.Plugins.Platform, &s.Plugins.Required,
		&s.Registries.Allowed, &s.Routes.Annotations,
	} {
		if *l == nil {
			*l = []string{}
		}
	}
	for _, who := range []*Subjects{&s.Admins, &s.System, &s.Controller, &s.Console} {
		if who.Users == nil {
			who.Users = []string{}
		}
		if who.Groups == nil {
			who.Groups = []string{}
		}
		if who.ServiceAccounts == nil {
			who.ServiceAccounts = []v1alpha1.ServiceAccount{}
		}
	}
	if s.Plugins.Tenant == nil {
		s.Plugins.Tenant = []TenantPlugin{}
	}
	if s.Policies == nil {
		s.Policies = map[string]Policy{}
	}
}

// IsGuard reports whether a WasmPlugin object of the gateway's namespace is one
// of the platform's guards.
func (p *Plugins) IsGuard(name string) bool {
	return name != "" && (name == p.IdentityHeaders || slices.Contains(p.Guards, name) || slices.Contains(p.Required, name))
}
