package baseline_test

import (
	"slices"
	"strings"
	"testing"

	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"tollgate.dev/tollgate/rego/settings"
)

// FuzzIngress holds the verdict on Ingresses against the oracle.
func FuzzIngress(f *testing.F) {
	w := newWorld(f)
	for seed := range uint64(600) {
		f.Add(seed, "www.acme.example", "higress.io/timeout", "5")
	}
	f.Add(uint64(1), "\xff", "nginx.ingress.kubernetes.io/", "${")
	f.Fuzz(func(t *testing.T, seed uint64, a, b, c string) {
		p := newPicker(seed, a, b, c)
		ingress := same(t, p.ingress())
		by := p.by()
		verdict := w.create(t, by, metav1.GroupVersionKind{Group: "networking.k8s.io", Version: "v1", Kind: "Ingress"}, ingress.ObjectMeta, ingress)
		compare(t, ingress, verdict, ingressEscapes(by, ingress), beyondScope()...)
	})
}

func (p picker) ingress() *networkingv1.Ingress {
	ingress := &networkingv1.Ingress{ObjectMeta: metav1.ObjectMeta{
		Namespace:   p.namespace(),
		Name:        p.of("web", "web", "llm", "llm", "half", "a.consumer.b", "a.Metrics", "model-web", "web.v1"),
		Annotations: map[string]string{},
		Labels:      map[string]string{},
	}}
	p = p.in(ingress.Namespace)
	if p.one(12) || ingress.Namespace == "higress-system" && p.one(2) {
		ingress.Labels["tollgate.dev/organization"] = p.of("acme", "globex", "nowhere", "")
	}
	if p.one(6) {
		ingress.Labels["acme.cert-manager.io/http01-solver"] = p.of("true", "false")
	}
	if p.one(6) {
		ingress.Annotations["kubernetes.io/ingress.class"] = p.of("higress", "nginx", "lobby", "")
	}
	if !p.one(10) {
		class := p.of("higress", "higress", "higress", "higress", "nginx", "lobby", "")
		ingress.Spec.IngressClassName = &class
	}
	for range p.IntN(3) {
		key, value := p.annotation()
		ingress.Annotations[key] = value
	}
	ingress.Spec.Rules = some(p, 2, func() networkingv1.IngressRule {
		rule := networkingv1.IngressRule{Host: p.host()}
		if !p.one(8) {
			rule.HTTP = &networkingv1.HTTPIngressRuleValue{Paths: some(p, 2, p.ingressPath)}
		}
		return rule
	})
	if p.one(12) {
		backend := p.ingressPath().Backend
		ingress.Spec.DefaultBackend = &backend
	}
	if p.one(4) {
		ingress.Spec.TLS = []networkingv1.IngressTLS{{Hosts: some(p, 2, p.host), SecretName: p.secret()}}
	}
	return ingress
}

func (p picker) ingressPath() networkingv1.HTTPIngressPath {
	kind := []networkingv1.PathType{"Prefix", "Exact", "ImplementationSpecific"}[p.IntN(3)]
	path := networkingv1.HTTPIngressPath{Path: p.path(), PathType: &kind}
	switch {
	case p.one(5):
		group := "networking.higress.io"
		path.Backend.Resource = &corev1.TypedLocalObjectReference{APIGroup: &group, Kind: p.of("McpBridge", "McpBridge", "Http2Rpc"), Name: p.of("default", "default", "mine")}
	case p.one(3):
		path.Backend.Service = &networkingv1.IngressServiceBackend{Name: "cm-acme-http-solver-x", Port: networkingv1.ServiceBackendPort{Number: 8089}}
	default:
		path.Backend.Service = &networkingv1.IngressServiceBackend{Name: "web", Port: networkingv1.ServiceBackendPort{Number: 80}}
	}
	return path
}

func (p picker) secret() string {
	return p.of("", "tls", "tls", "acme-search/tls", "globex-research/tls", "kube-system/tls", "a/b/c", "acme-chat/../x", "Tls")
}

// annotation makes one whose value fits its name more often than not.
func (p picker) annotation() (key, value string) {
	prefix := p.of("higress.io/", "higress.io/", "nginx.ingress.kubernetes.io/", "higress.io/disabled.", "example.org/")
	switch p.IntN(9) {
	case 0:
		return prefix + "destination", p.destination()
	case 1:
		return prefix + p.of("mirror-target-service", "default-backend"), p.of("web", "web:80", "acme-search/web", "globex-research/web:80", "kube-system/x", "a/b/c", ":80")
	case 2:
		return prefix + p.of("mirror-target-fqdn", "upstream-vhost"), p.of(p.service(), p.host())
	case 3:
		return prefix + p.of("auth-tls-secret", "proxy-ssl-secret", "auth-secret"), p.secret()
	case 4:
		return prefix + p.of("request-header-control-add", "request-header-control-update", "request-header-control-remove", "response-header-control-add"),
			p.of(p.header()+" a\n"+p.header()+" b", p.header()+","+p.header(), "\""+p.header()+"\" x", p.header()+"\tx", p.header()+"\r\nx")
	case 5:
		return prefix + p.of("exact-match-header-", "prefix-match-header-", "regex-match-header-", "exact-match-query-") + p.header(), "v"
	case 6:
		return prefix + p.of("canary-by-header"), p.header()
	}
	if p.one(2) {
		return prefix + []string{"load-balance", "load-balance", "mcp-server", "mcp-server-match-rule-value", "rpc-destination-name"}[p.IntN(5)],
			[]string{"round_robin", "mcp-sse", " MCP-SSE"}[p.IntN(3)]
	}
	return prefix + p.of("timeout", "use-regex", "rewrite-target", "app-root", "server-snippet", "configuration-snippet", "whitelist-source-range",
			"mcp-server", "rpc-destination-name", "canary", "canary-weight", "auth-url", "timeout ", "Timeout", ""),
		p.of("true", "5", "/x", "false", "0.0.0.0/0,::/0", "${secret.a/b.c}", "$ {", "a\nb", "5\u2028", "\x00")
}

func (p picker) destination() string {
	line := func() string {
		return p.of("", "", "70% ", "100%", "%") + p.of("", "", "https://") + p.service() + p.of("", ":443", ":80 v1", " v1", " v1 v2", "\u00a0x")
	}
	value := line()
	for range p.IntN(2) {
		value += p.of("\n", "\n\n", "\r\n", ",") + line()
	}
	return value
}

// ingressEscapes says what an Ingress reaches that is not its owner's.
func ingressEscapes(by requester, ingress *networkingv1.Ingress) []string {
	s := scopeOf(by, ingress.Namespace, ingress.Labels)
	if s == nil || !higressServes(ingress) {
		return nil
	}
	if s.gateway {
		s.escape("a route of a tenant in the gateway's namespace")
	}
	s.text(ingress)
	s.name(ingress.Name)
	s.controls(ingress.Spec)
	backends := ingressHosts(s, ingress)
	metered := false
	for _, b := range backends {
		metered = metered || b.Resource != nil
		if b.Service != nil && s.gateway {
			s.escape("a Service of the gateway's namespace")
		}
		if b.Resource != nil && b.Resource.Kind != "McpBridge" {
			s.escape("a resource of kind " + b.Resource.Kind)
		}
	}
	for key, value := range ingress.Annotations {
		if suffix, ok := suffixOf(key); ok {
			metered = metered || suffix == "destination"
			s.annotation(suffix, value, solver(ingress))
		}
	}
	if metered {
		route := ingress.Namespace + "/" + ingress.Name
		if s.gateway {
			route = ingress.Name
		}
		if route != "acme-chat/llm" || ingress.Spec.DefaultBackend != nil {
			s.escape("no guard knows " + route)
		}
		for key, value := range ingress.Annotations {
			if suffix, ok := suffixOf(key); ok && suffix == "canary" && value != "false" {
				s.escape("a metered canary")
			}
		}
	}
	return s.escapes
}

// higressServes reports whether a class that the object names is Higress's, or
// that it names none.
func higressServes(ingress *networkingv1.Ingress) bool {
	var named []string
	if class, ok := ingress.Annotations["kubernetes.io/ingress.class"]; ok {
		named = append(named, class)
	}
	if ingress.Spec.IngressClassName != nil {
		named = append(named, *ingress.Spec.IngressClassName)
	}
	for _, class := range []string{"", "higress", "lobby"} {
		if slices.Contains(named, class) {
			return true
		}
	}
	return len(named) == 0
}

func suffixOf(key string) (string, bool) {
	if suffix, ok := strings.CutPrefix(key, "nginx.ingress.kubernetes.io/"); ok {
		return suffix, true
	}
	suffix, ok := strings.CutPrefix(key, "higress.io/")
	return suffix, ok && !strings.HasPrefix(suffix, "disabled.")
}

// ingressHosts judges the hosts and paths and returns the backends.
func ingressHosts(s *scope, ingress *networkingv1.Ingress) []networkingv1.IngressBackend {
	var backends []networkingv1.IngressBackend
	var claims []wants
	regex, root := false, false
	for key, value := range ingress.Annotations {
		suffix, _ := suffixOf(key)
		regex = regex || suffix == "use-regex" && value == "true" || suffix == "rewrite-target"
		root = root || suffix == "app-root"
	}
	for _, rule := range ingress.Spec.Rules {
		s.host(rule.Host)
		if root {
			claims = append(claims, wants{rule.Host, "/", "Exact"})
		}
		if rule.HTTP == nil {
			continue
		}
		for _, p := range rule.HTTP.Paths {
			kind := "Prefix"
			switch {
			case regex:
				kind = "Regex"
			case *p.PathType == networkingv1.PathTypeExact:
				kind = "Exact"
			}
			claims = append(claims, wants{rule.Host, p.Path, kind})
			backends = append(backends, p.Backend)
		}
	}
	for _, tls := range ingress.Spec.TLS {
		for _, h := range tls.Hosts {
			s.host(h)
		}
		if tls.SecretName != "" && !s.reference(tls.SecretName, false) {
			s.escape("the Secret " + tls.SecretName)
		}
	}
	if b := ingress.Spec.DefaultBackend; b != nil {
		backends = append(backends, *b)
		if s.owner != "" {
			s.escape("a default backend")
		}
	}
	if len(ingress.Spec.Rules) == 0 && s.owner != "" {
		s.escape("no host")
	}
	s.captures(claims)
	return backends
}

// solver reports whether an Ingress can do nothing but answer a challenge.
func solver(ingress *networkingv1.Ingress) bool {
	if ingress.Labels["acme.cert-manager.io/http01-solver"] != "true" || ingress.Spec.DefaultBackend != nil || len(ingress.Spec.Rules) == 0 {
		return false
	}
	for _, rule := range ingress.Spec.Rules {
		if rule.HTTP == nil || len(rule.HTTP.Paths) == 0 {
			return false
		}
		for _, p := range rule.HTTP.Paths {
			token, ok := strings.CutPrefix(p.Path, "/.well-known/acme-challenge/")
			plain := strings.Trim(token, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-") == ""
			service := p.Backend.Service
			if !ok || token == "" || !plain || service == nil || !strings.HasPrefix(service.Name, "cm-acme-http-solver-") || service.Port.Number != 8089 {
				return false
			}
		}
	}
	return true
}

// annotation judges one annotation that the gateway reads.
func (s *scope) annotation(suffix, value string, solver bool) {
	if s.owner != "" && !onList(suffix) && !(solver && suffix == "whitelist-source-range" && value == "0.0.0.0/0,::/0") {
		s.escape("the annotation " + suffix)
	}
	if s.owner == "" && (strings.HasPrefix(suffix, "mcp-") || strings.HasPrefix(suffix, "rpc-destination-name")) {
		s.escape("what all share is configured by " + suffix)
	}
	rest := value
	switch suffix {
	case "load-balance":
		if strings.HasPrefix(strings.ToLower(strings.TrimSpace(value)), "mcp") {
			s.escape("an MCP server")
		}
	case "destination":
		s.destination(value)
		rest = strings.ReplaceAll(value, "\n", "")
	case "mirror-target-service", "default-backend":
		if !s.reference(value, true) {
			s.escape("the Service " + value)
		}
	case "mirror-target-fqdn", "upstream-vhost":
		if !owns(s.owner, value) && !s.service(value) {
			s.escape("the host " + value)
		}
	case "auth-tls-secret", "proxy-ssl-secret", "auth-secret":
		if !s.reference(value, false) {
			s.escape("the Secret " + value)
		}
	case "canary-by-header":
		s.chosenBy(strings.TrimSpace(value))
	}
	for _, direction := range []string{"request", "response"} {
		if strings.HasPrefix(suffix, direction+"-header-control-") {
			rest = strings.ReplaceAll(value, "\n", "")
			for _, word := range strings.FieldsFunc(value, func(r rune) bool { return strings.ContainsRune(" \t\r\n,;\"'", r) }) {
				if platforms(strings.TrimSuffix(word, ":")) {
					s.escape("the header " + word)
				}
			}
		}
	}
	for _, match := range []string{"exact-match-header-", "prefix-match-header-", "regex-match-header-"} {
		if header, ok := strings.CutPrefix(suffix, match); ok {
			s.chosenBy(header)
		}
	}
	if nginx := s.owner == "" && strings.HasSuffix(suffix, "-snippet"); control(rest) && !nginx {
		s.escape("a control character")
	}
}

func onList(suffix string) bool {
	for _, allowed := range settings.DefaultAnnotations() {
		if prefix, wild := strings.CutSuffix(allowed, "*"); suffix == allowed || wild && strings.HasPrefix(suffix, prefix) {
			return true
		}
	}
	return false
}

// destination is lines of [weight%] host[:port] [subset].
func (s *scope) destination(value string) {
	for _, line := range strings.Split(value, "\n") {
		words := strings.Fields(line)
		if len(words) > 0 && strings.HasSuffix(words[0], "%") {
			words = words[1:]
			if len(words) == 0 {
				s.escape("a weight of nothing")
			}
		}
		if len(words) == 0 {
			continue
		}
		host := strings.TrimPrefix(strings.TrimPrefix(words[0], "http://"), "https://")
		host, _, _ = strings.Cut(host, ":")
		if len(words) > 2 || !s.service(host) {
			s.escape("the destination " + line)
		}
	}
}
