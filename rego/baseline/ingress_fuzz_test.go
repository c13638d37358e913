package baseline_test

import (
	"testing"

	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
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
		Name:        p.of("web", "web", "llm", "llm", "half", "a.consumer.b", "a.Metrics", "tollgate-llm", "model-web", "web.v1"),
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
	switch p.IntN(14) {
	case 13:
		return p.of("example.org/match-header-a", "match-header-a", "team/match-query", "example.org/match-query", "example.org/the-match-pseudo-header", "a/match-header-match-query"), "v"
	case 0:
		return prefix + "destination", p.destination()
	case 9:
		return prefix + p.of("permanent-redirect", "temporal-redirect"), p.of("https://www.acme.example/", "https://www.acme.example") +
			p.of("", "/a%20b", "/%24%7Bsecret.a/b.c%7D", "/%24{secret.a/b.c}", "/$%7bsecret.a/b.c}", "/a%0Ab", "/%0d", "/%7F", "/%2524%257B", "?q=%0A", "/%C2%85")
	case 10:
		return prefix + "rewrite-path", p.of("/x", "/x/", "")
	case 11:
		return prefix + p.of("route-limit-rps", "route-limit-rpm", "route-limit-burst-multiplier", "session-cookie-expires"),
			p.of("5", "512", "8388608", "8589934592", "4294967296", "-1", "0")
	case 12:
		return prefix + p.of("regex-match-header-x", "prefix-match-header-x", "prefix-match-query-x", "exact-match-query-x", "exact-match-header.x-mse-consumer", "exact-match-query-match-header.x-dev-user"),
			p.of("v", "", "a|b", "[acegikmoqsuwyACEGIKMOQSUWY02468_!:;,#]{1000}", "[a-z]{1,63}")
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
			[]string{"round_robin", "mcp-sse", " MCP-SSE", "passthrough", "Paſſthrough"}[p.IntN(5)]
	}
	return prefix + p.of("timeout", "use-regex", "rewrite-target", "app-root", "server-snippet", "configuration-snippet", "whitelist-source-range",
			"mcp-server", "rpc-destination-name", "canary", "canary-weight", "auth-url", "timeout ", "Timeout", ""),
		p.of("true", "5", "/x", "false", "0.0.0.0/0,::/0", "${secret.a/b.c}", "$ {", "a\nb", "5\u2028", "\x00")
}

func (p picker) destination() string {
	line := func() string {
		return p.of("", "", "70% ", "100%", "%", "0% ", "0% ", "2147483647% ", "99999999999% ") + p.of("", "", "https://") + p.service() + p.of("", ":443", ":80 v1", " v1", " v1 v2", "\u00a0x")
	}
	value := line()
	for range p.IntN(2) {
		value += p.of("\n", "\n\n", "\r\n", ",") + line()
	}
	return value
}
