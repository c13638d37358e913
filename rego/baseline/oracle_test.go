package baseline_test

import (
	"encoding/json"
	"regexp"
	"strings"
)

// The oracle is what the rules for routes say, in plain Go and from their text,
// with the tenants of testdata/tenants.yaml written down by hand. It shares
// nothing with the policies.

// beyondScope are policies that may refuse what the oracle lets pass: those
// about values that Envoy cannot take, and route-capture, for which a regular
// expression or another case is as good as the path.
func beyondScope() []string {
	return []string{"route-capture", "route-formats", "route-numbers", "route-redirects", "route-regex"}
}

// scope is one request as the oracle sees it.
type scope struct {
	namespace, owner string
	gateway          bool // in the gateway's namespace
	asked            bool // by somebody, and not by an audit
	escapes          []string
}

func (s *scope) escape(what string) { s.escapes = append(s.escapes, what) }

// scopeOf returns nil for who is free of all scope.
func scopeOf(by requester, namespace string, labels map[string]string) *scope {
	s := &scope{namespace: namespace, asked: by.name != ""}
	label := labels["tollgate.dev/organization"]
	switch namespace {
	case "acme-chat", "acme-search":
		s.owner = "acme"
	case "globex-research":
		s.owner = "globex"
	case "higress-system":
		s.gateway, s.owner = true, label
	}
	if by.free || by.name == "" && s.gateway && label == "" {
		return nil
	}
	if by.name != "" && s.owner != "" && by.of != s.owner {
		s.escape("the requester does not belong to the owner")
	}
	if label != "" && label != s.owner {
		s.escape("the ownership label lies")
	}
	return s
}

// own reports whether the scope's object may name things in a namespace.
func (s *scope) own(namespace string) bool {
	switch {
	case namespace == s.namespace:
		return !s.gateway
	case s.owner == "acme":
		return namespace == "acme-chat" || namespace == "acme-search"
	case s.owner == "globex":
		return namespace == "globex-research"
	}
	return false
}

// hostName is a host without wildcard, in the only form that is compared.
func hostName(h string) bool {
	if h == "" || len(h) > 253 {
		return false
	}
	for _, label := range strings.Split(h, ".") {
		if label == "" || len(label) > 63 || label[0] == '-' || label[len(label)-1] == '-' {
			return false
		}
		for i := range len(label) {
			c := label[i]
			if (c < 'a' || c > 'z') && (c < '0' || c > '9') && c != '-' {
				return false
			}
		}
	}
	return true
}

// owns reports whether an organization owns a host; it may be a wildcard.
func owns(organization, host string) bool {
	if organization == "" {
		return false
	}
	base := strings.TrimPrefix(host, "*.")
	domain := organization + ".example"
	known := organization == "acme" || organization == "globex"
	return known && hostName(base) && len(host) <= 253 && (base == domain || strings.HasSuffix(base, "."+domain))
}

// host judges a host that the object asks for.
func (s *scope) host(h string) {
	if s.owner != "" {
		if !owns(s.owner, h) {
			s.escape("host " + h)
		}
		return
	}
	base := strings.TrimPrefix(strings.TrimSuffix(strings.ToLower(h), "."), "*.")
	for _, domain := range []string{"acme.example", "globex.example"} {
		if base == domain || strings.HasSuffix(base, "."+domain) {
			s.escape("a tenant's host in a namespace of nobody: " + h)
		}
		if strings.HasPrefix(h, "*.") && strings.HasSuffix(domain, "."+base) {
			s.escape("a wildcard over a tenant's hosts in a namespace of nobody: " + h)
		}
	}
}

// service reports whether a host is a service that the object may reach.
func (s *scope) service(host string) bool {
	host = strings.ToLower(host)
	if host == "llm-"+s.owner+".internal.dns" && (s.owner == "acme" || s.owner == "globex") {
		return true
	}
	parts := strings.Split(strings.TrimSuffix(host, "."), ".")
	inside := len(parts) == 3 && parts[2] == "svc" || len(parts) == 5 && strings.Join(parts[2:], ".") == "svc.cluster.local"
	return inside && s.own(parts[1])
}

// reference is [namespace/]name, with a port behind it or not.
func (s *scope) reference(ref string, port bool) bool {
	if port {
		if name, p, found := strings.Cut(ref, ":"); found {
			if p == "" || strings.Trim(p, "abcdefghijklmnopqrstuvwxyz0123456789-") != "" {
				return false
			}
			ref = name
		}
	}
	namespace, name, found := strings.Cut(ref, "/")
	if !found {
		namespace, name = s.namespace, ref
	}
	return name != "" && strings.Trim(name, "abcdefghijklmnopqrstuvwxyz0123456789.-") == "" && s.own(namespace)
}

// text judges every string of an object.
func (s *scope) text(object any) {
	raw, err := json.Marshal(object)
	if err != nil || strings.Contains(string(raw), "${") {
		s.escape("a template")
	}
}

func control(s string) bool {
	return strings.ContainsFunc(s, func(r rune) bool {
		return r < 0x20 || r == 0x7f || r == 0x85 || r == 0x2028 || r == 0x2029
	})
}

// strs calls visit with every string of a JSON value.
func strs(v any, visit func(string)) {
	switch v := v.(type) {
	case string:
		visit(v)
	case []any:
		for _, e := range v {
			strs(e, visit)
		}
	case map[string]any:
		for k, e := range v {
			visit(k)
			strs(e, visit)
		}
	}
}

func (s *scope) controls(spec any) {
	raw, _ := json.Marshal(spec)
	var v any
	_ = json.Unmarshal(raw, &v)
	strs(v, func(text string) {
		if control(text) {
			s.escape("a control character")
		}
	})
}

// name judges the object's name.
func (s *scope) name(name string) {
	for _, marker := range []string{".upstream", ".model", ".consumer", ".metric"} {
		if strings.Contains(strings.ToLower(name), marker) {
			s.escape("a metric marker")
		}
	}
	if s.asked && s.owner != "" && strings.HasPrefix(name, "tollgate-") {
		s.escape("a name of the controller's routes")
	}
}

// platforms reports whether a header is the platform's.
func platforms(header string) bool {
	header = strings.ToLower(header)
	switch header {
	case "x-mse-consumer", "x-dev-group", "x-dev-user", "authorization", "proxy-authorization", "x-hi-original-auth",
		"host", ":authority", ":path", ":method", ":scheme":
		return true
	}
	for _, prefix := range []string{"x-envoy-", "x-higress-", "x-tollgate-", "x-mse-", "x-hi-original-"} {
		if strings.HasPrefix(header, prefix) {
			return true
		}
	}
	return false
}

// chosenBy judges a header that a route is chosen by.
func (s *scope) chosenBy(header string) {
	switch strings.ToLower(header) {
	case "x-higress-llm-model", "x-higress-llm-model-final", "authorization", "proxy-authorization", "host",
		":authority", ":path", ":method", ":scheme":
		return
	}
	if platforms(header) {
		s.escape("a route chosen by " + header)
	}
}

// wants is a path that a route asks for on a host.
type wants struct{ host, path, kind string }

// existing are globex's routes that tenants and others could capture.
func existing() []wants {
	return []wants{
		{"shared.acme.example", "/globex", "Prefix"},
		{"shared.acme.example", "/exact", "Exact"},
		{"shared.example", "/globex", "Prefix"},
	}
}

// captures asks, request by request, who would answer.
func (s *scope) captures(claims []wants) {
	if s.owner == "globex" {
		return
	}
	for _, mine := range claims {
		for _, theirs := range existing() {
			if strings.TrimSuffix(strings.ToLower(mine.host), ".") != theirs.host {
				continue
			}
			for _, path := range []string{mine.path, mine.path + "/", mine.path + "/x", theirs.path, theirs.path + "/", theirs.path + "/x"} {
				if matches(theirs, path) && matches(mine, path) && !beats(theirs, mine) {
					s.escape("takes " + path + " on " + theirs.host)
				}
			}
		}
	}
}

func matches(w wants, path string) bool {
	switch w.kind {
	case "Exact":
		return path == w.path
	case "Regex":
		re, err := regexp.Compile("^(?:" + w.path + ")$")
		return err == nil && re.MatchString(path)
	}
	prefix := strings.TrimRight(w.path, "/")
	return strings.HasPrefix(w.path, "/") && (path == prefix || strings.HasPrefix(path, prefix+"/"))
}

// beats reports whether a is looked at before b for sure: exact, prefix,
// regular expression, and the longer first.
func beats(a, b wants) bool {
	order := map[string]int{"Exact": 0, "Prefix": 1, "Regex": 2}
	if order[a.kind] != order[b.kind] {
		return order[a.kind] < order[b.kind]
	}
	return len(strings.TrimRight(a.path, "/")) > len(strings.TrimRight(b.path, "/"))
}
