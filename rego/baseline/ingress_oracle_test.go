package baseline_test

import (
	"slices"
	"strconv"
	"strings"

	networkingv1 "k8s.io/api/networking/v1"

	"tollgate.dev/tollgate/rego/settings"
)

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
	s.converted(ingress)
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
	if mergedIntoDraft(ingress) && slices.ContainsFunc(backends, func(b networkingv1.IngressBackend) bool { return b.Service != nil }) {
		s.escape("the provider's key of the Ingress draft")
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

// mergedIntoDraft reports whether an Ingress is a canary of the Ingress draft,
// which reaches a provider.
func mergedIntoDraft(ingress *networkingv1.Ingress) bool {
	canary := false
	for key, value := range ingress.Annotations {
		suffix, ok := suffixOf(key)
		canary = canary || ok && suffix == "canary" && value != "false"
	}
	for _, rule := range ingress.Spec.Rules {
		for i := 0; canary && rule.HTTP != nil && i < len(rule.HTTP.Paths); i++ {
			if rule.Host == "www.acme.example" && strings.TrimRight(rule.HTTP.Paths[i].Path, "/") == "/api" {
				return true
			}
		}
	}
	return false
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
		switch way := strings.ToUpper(strings.TrimSpace(value)); {
		case strings.HasPrefix(way, "MCP"):
			s.escape("an MCP server")
		case way == "PASSTHROUGH":
			s.escape("requests back to the gateway")
		}
	case "destination":
		s.destination(value)
		s.weights(value)
		rest = strings.ReplaceAll(value, "\n", "")
	case "mirror-target-service", "default-backend":
		if !s.reference(value, true) {
			s.escape("the Service " + value)
		}
		_, port, _ := strings.Cut(value, ":")
		if n, err := strconv.Atoi(port); suffix == "mirror-target-service" && (err != nil || n <= 0) {
			s.escape("the first of no ports")
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
