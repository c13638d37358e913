package baseline_test

import "math/rand/v2"

// picker makes objects out of a seed: mostly of words that mean something to
// the gateway, and now and then of the fuzzer's own.
type picker struct {
	*rand.Rand
	raw []string
	// calm objects are mostly harmless, so that one thing wrong stands alone.
	calm bool
	// home is a host that the object may serve for sure, if it is not acme's.
	home string
}

func newPicker(seed uint64, raw ...string) picker {
	return picker{Rand: rand.New(rand.NewPCG(seed, 7)), raw: raw, calm: seed%2 == 0}
}

// one says yes once in n times.
func (p picker) one(n int) bool { return p.IntN(n) == 0 }

// of picks one of the words, of which the first is harmless; once in eight
// times a text of the fuzzer's.
func (p picker) of(words ...string) string {
	if p.calm && !p.one(6) {
		return words[0]
	}
	if len(p.raw) > 0 && p.one(8) {
		return p.raw[p.IntN(len(p.raw))]
	}
	return words[p.IntN(len(words))]
}

// some picks up to n values.
func some[T any](p picker, n int, make func() T) []T {
	var out []T
	for range p.IntN(n + 1) {
		out = append(out, make())
	}
	return out
}

func (p picker) by() requester {
	all := requesters()
	if p.calm || p.one(2) {
		return all[0]
	}
	return all[p.IntN(len(all))]
}

func (p picker) namespace() string {
	if p.one(2) {
		return "acme-chat"
	}
	// Never a text of the fuzzer's: the API server knows a request's namespace.
	return []string{"acme-search", "globex-research", "shop", "shop", "higress-system"}[p.IntN(5)]
}

// in is the picker for an object of a namespace.
func (p picker) in(namespace string) picker {
	if namespace == "shop" {
		p.home = "shop.example"
	}
	return p
}

func (p picker) host() string {
	if p.home != "" && !p.one(4) {
		return p.home
	}
	if p.one(4) {
		return "shared.acme.example" // where globex has routes
	}
	return p.of("www.acme.example", "www.acme.example", "www.acme.example", "acme.example", "*.acme.example", "*.a.acme.example", "shared.acme.example",
		"shared.acme.example", "shared.example", "shop.example", "", "*", "*.", "*.example", "www.globex.example", "*.globex.example", "WWW.acme.example", "Acme.Example",
		"www.globex.example.", "www.acme.example.", "www.acme.example:80", "аcme.example", "evilacme.example", "acme.example.evil.example",
		"-.acme.example", "a..acme.example", "..acme.example", " www.acme.example", "www.acme.example\n", "*www.acme.example", "a.*.acme.example", "203.0.113.7",
		"xn--cme-8ta.example", "ſhop.acme.example", "a_b.acme.example")
}

func (p picker) path() string {
	switch {
	case p.one(8):
		return "/globex/x"
	case p.one(16):
		return "/${secret.a.b}"
	}
	return p.of("/", "/", "/api", "/globex", "/globex/", "/globex/x", "/globexx", "/GLOBEX", "/exact", "/exact/y", "", "/.*", "/(globex|x)",
		"/.well-known/acme-challenge/tok", "/.well-known/acme-challenge/../x", "/${secret.a.b}", "/a\nb", "/a\u0085", "/a$", "relative", "/a(b", `/a\/`)
}

func (p picker) header() string {
	return p.of("x-team", "x-stage", "x-mse-consumer", "X-Mse-Consumer", "x-dev-user", "X-Dev-Group", "authorization", "x-higress-fallback-from",
		"x-higress-llm-model", "x-envoy-internal-route", "x-hi-original-auth", "host", "x-tollgate-hold", ":authority", "xx-mse-consumer", "x-mse")
}

// service is a host that a request may be sent to.
func (p picker) service() string {
	return p.of("llm-acme.internal.dns", "llm-globex.internal.dns", "LLM-Globex.internal.dns", "redis.static", "web.acme-chat.svc.cluster.local",
		"web.acme-search.svc", "web.globex-research.svc.cluster.local", "web.shop.svc", "kubernetes.default.svc", "web.acme-chat.svc.", "web.higress-system.svc",
		"web", "acme-chat.svc", "a.b.acme-chat.svc", "web.acme-chat.svc.evil", "", "evil.example", "llm-.internal.dns", "www.acme.example")
}
