package baseline_test

import (
	"slices"
	"strings"
	"testing"

	admissionv1 "k8s.io/api/admission/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"tollgate.dev/tollgate/rego/engine"
)

// FuzzSecret holds the verdict on Secrets that are written or deleted against
// the oracle, and what is said of them: nothing of other tenants, no value.
func FuzzSecret(f *testing.F) { fuzzWriters(f, [3]string{"sk-1", "key", `x","y":"`}, secretCase) }

func secretCase(t *testing.T, w world, p picker) (allowed bool) {
	t.Helper()
	object := same(t, p.secretObject())
	old := same(t, object)
	if p.one(2) {
		old.Labels, old.Data = p.secretObject().Labels, p.secretObject().Data
	}
	old = same(t, old)
	r := p.newRequest(metav1.GroupVersionKind{Version: "v1", Kind: "Secret"}, object.ObjectMeta, object, old)
	verdict := w.whole(t, r)
	escapes := secretEscapes(t, r, object)
	var loose []string
	if r.namespace+"/"+object.Name == "higress-system/login" {
		loose = []string{"secret-text"} // a password that the McpBridge names is taken for one that it holds
	}
	compare(t, r.shown(), verdict, escapes, loose...)

	var warned []string
	if secretLost(t, r, object.Name) && r.by.admin {
		warned = []string{"secret-in-use-warned "}
	}
	if got := warnings(verdict, "secret-in-use", "secret-in-use-warned"); !slices.Equal(got, warned) {
		t.Errorf("warned of %q, want %q\n%s", got, warned, mustJSON(r.shown()))
	}
	discreet(t, r, object, verdict)
	return verdict.Allowed()
}

func (p picker) secretObject() *corev1.Secret {
	s := &corev1.Secret{ObjectMeta: metav1.ObjectMeta{
		Namespace: []string{"acme-chat", "acme-chat", "acme-chat", "acme-search", "acme-leaving", "globex-research", "shop", "higress-system", "higress-system"}[p.IntN(9)],
		Labels:    map[string]string{},
	}}
	names := map[string][]string{
		"acme-chat": {"tls", "key", "key", "key", "listener", "mesh", "nginx", "shared", "free"}, "acme-search": {"nacos", "header", "signature"}, "acme-leaving": {"tls"},
		"globex-research": {"key"}, "shop": {"tls"}, "higress-system": {"pasted", "pasted", "pull", "login"},
	}[s.Namespace]
	s.Name = names[p.IntN(len(names))]
	if p.one(8) {
		s.Name = p.of("free", "key", "tls", "kez", "KEY")
	}
	if p.one(8) || s.Namespace == "higress-system" && !p.one(3) {
		s.Labels["tollgate.dev/organization"] = p.of("acme", "globex", "")
	}
	s.Data = map[string][]byte{}
	for range p.IntN(3) {
		s.Data[p.of("value", "tls.crt", "other")] = []byte(p.value())
	}
	if p.one(3) {
		s.StringData = map[string]string{p.of("value", "token"): p.value()}
	}
	return s
}

// value is what a Secret holds.
func (p picker) value() string {
	word := p.of("sk-plain-1234", "sk-plain-1234", "sk-plain-1234 and more", "", `"`, `\`, "$", "{", "$ {", "${", "${secret.a/b.c}", "\t", "\x00", "\x1b[0m", "\x7f", "é", "\u2028", "\u0085", "'", "&quot;", "%22", "50%%", "%ENVIRONMENT(HOME)%")
	switch p.IntN(12) {
	case 0:
		return "sk-" + word + "-x"
	case 1:
		return "sk-x" + word
	case 2:
		return word + p.of("", "\n", "\r\n", " ", "x")
	}
	return word
}

// secretUse is who uses a Secret, as in testdata/writers.yaml.
type secretUse struct {
	user, namespace string
	// pasted: as a part of a text of the gateway's configuration.
	pasted bool
	// route: of a route, whose headers are formats.
	route bool
}

func secretUses() map[string][]secretUse {
	plugin := secretUse{user: "tollgate-proxy", namespace: "higress-system", pasted: true}
	return map[string][]secretUse{
		"acme-chat/tls":         {{user: "Ingress acme-chat/web", namespace: "acme-chat"}},
		"acme-chat/listener":    {{user: "Gateway acme-chat/own", namespace: "acme-chat"}},
		"acme-chat/shared":      {{user: "globex-research/partners", namespace: "globex-research"}},
		"acme-chat/key":         {plugin},
		"globex-research/key":   {plugin},
		"higress-system/pasted": {plugin},
		"higress-system/pull":   {{user: "tollgate-proxy", namespace: "higress-system"}},
		"higress-system/login":  {{user: "McpBridge", namespace: "higress-system"}},
		"acme-search/nacos":     {{user: "McpBridge", namespace: "higress-system", pasted: true}},
		"acme-search/header":    {{user: "Ingress acme-search/signed", namespace: "acme-search", pasted: true, route: true}},
		"acme-search/signature": {{user: "HTTPRoute acme-search/signed", namespace: "acme-search", pasted: true, route: true}},
		"acme-leaving/tls":      {{user: "Ingress acme-leaving/web", namespace: "acme-leaving"}},
		"shop/tls":              {{user: "Ingress shop/web", namespace: "shop"}},
	}
}

// secretLost reports whether a request takes a Secret of an organization away
// from the gateway. What goes with its namespace is not asked about.
func secretLost(t *testing.T, r request, name string) bool {
	t.Helper()
	return r.operation == admissionv1.Delete && r.owner(t) != "" && r.namespace != "acme-leaving" && len(secretUses()[r.namespace+"/"+name]) > 0
}

// secretEscapes says why a request about a Secret must not pass.
func secretEscapes(t *testing.T, r request, object *corev1.Secret) []string {
	t.Helper()
	if r.operation == admissionv1.Delete {
		if r.by.tenant() && secretLost(t, r, object.Name) {
			return []string{"the gateway uses it"}
		}
		return nil
	}
	uses := secretUses()[r.namespace+"/"+object.Name]
	pasted := slices.ContainsFunc(uses, func(u secretUse) bool { return u.pasted })
	route := slices.ContainsFunc(uses, func(u secretUse) bool { return u.route })
	if r.owner(t) == "" || r.by.system || !pasted {
		return nil
	}
	var escapes []string
	for _, value := range values(object) {
		if breaksOut(value) || route && strings.Contains(strings.ReplaceAll(value, "%%", ""), "%") {
			escapes = append(escapes, "the value of a text of the gateway's: "+value)
		}
	}
	return escapes
}

// values are what a Secret holds once it is stored.
func values(s *corev1.Secret) []string {
	var out []string
	for _, v := range s.Data {
		out = append(out, string(v))
	}
	for _, v := range s.StringData {
		out = append(out, v)
	}
	return out
}

// breaksOut reports whether a text that is put between the quotes of a JSON
// string does not stay there, or is a template itself.
func breaksOut(value string) bool {
	for _, c := range []byte(value) {
		if c < 0x20 || c == 0x7f || c == '"' || c == '\\' {
			return true
		}
	}
	return strings.Contains(value, "${")
}

// discreet holds what is said of a Secret: users are named to their own
// organization only, and values to nobody.
func discreet(t *testing.T, r request, object *corev1.Secret, verdict engine.Verdict) {
	t.Helper()
	for _, v := range verdict.Violations {
		if !strings.HasPrefix(v.Policy, "secret-") {
			continue
		}
		for _, use := range secretUses()[r.namespace+"/"+object.Name] {
			own := map[string]string{"acme-chat": "acme", "acme-search": "acme", "acme-leaving": "acme", "globex-research": "globex"}[use.namespace] == r.owner(t)
			if told := strings.Contains(v.Message, use.user); told && !own || !told && own && v.Policy != "secret-text" {
				t.Errorf("%s to an owner %q says %q about %s\n%s", v.Policy, r.owner(t), v.Message, use.user, mustJSON(r.shown()))
			}
		}
		for _, value := range values(object) {
			if strings.Contains(value, "sk-plain-1234") && strings.Contains(v.Message, "sk-plain-1234") {
				t.Errorf("%s says a value: %q", v.Policy, v.Message)
			}
		}
	}
}
