package inventory

import (
	"cmp"
	"reflect"

	"github.com/open-policy-agent/opa/v1/ast"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	gatewayv1 "sigs.k8s.io/gateway-api/apis/v1"

	"tollgate.dev/tollgate/rego/value"
)

// gatewayFacts is what is kept of a Gateway.
type gatewayFacts struct {
	class     string
	listeners []listener
	secrets   []secretUse
}

type listener struct {
	Name     string
	Hostname string // normal
	Port     int32
	// AllowedRoutes as JSON, "" for none.
	AllowedRoutes string
}

func parseGateway(u *unstructured.Unstructured) any {
	g := read[gatewayv1.Gateway](u)
	f := &gatewayFacts{class: string(g.Spec.GatewayClassName)}
	use := func(ref gatewayv1.SecretObjectReference) {
		if cmp.Or(deref(ref.Kind), "Secret") == "Secret" && deref(ref.Group) == "" {
			ns := cmp.Or(string(deref(ref.Namespace)), u.GetNamespace())
			f.secrets = append(f.secrets, secretUse{ns + "/" + string(ref.Name), " (TLS)"})
		}
	}
	for _, l := range g.Spec.Listeners {
		f.listeners = append(f.listeners, listener{
			Name: string(l.Name), Hostname: NormalHost(string(deref(l.Hostname))), Port: int32(l.Port), AllowedRoutes: jsonText(l.AllowedRoutes),
		})
		if l.TLS != nil {
			for _, ref := range l.TLS.CertificateRefs {
				use(ref)
			}
		}
	}
	if t := g.Spec.TLS; t != nil && t.Backend != nil && t.Backend.ClientCertificateRef != nil {
		use(*t.Backend.ClientCertificateRef)
	}
	return f
}

func deref[T any](p *T) T {
	if p == nil {
		var zero T
		return zero
	}
	return *p
}

// gateways is data.tollgate.gateway["ns/name"]: {"class", "higress", "listeners":
// [{"name", "hostname", "allowedRoutes"}]}. A listener's hostname is normal, "*"
// for every host; allowedRoutes is as the Gateway has it, null for none.
type gateways struct {
	words    words
	classes  *classes
	secrets  *secrets
	facts    map[objectKey]*gatewayFacts
	byName   map[string]*gateway
	document *index[string]
	dirty    map[objectKey]struct{}
	changed  map[string]struct{} // "ns/name" since routes last asked
	revision int
}

// gateway is a Gateway and whose it is.
type gateway struct {
	*gatewayFacts
	higress bool
}

// shownGateway is what policies see of a Gateway.
type shownGateway struct {
	Class     string
	Higress   bool
	Listeners []listener
}

func newGateways(w words, c *classes, users *secrets) *gateways {
	g := &gateways{
		words: w, classes: c, secrets: users,
		facts:   map[objectKey]*gatewayFacts{},
		byName:  map[string]*gateway{},
		dirty:   map[objectKey]struct{}{},
		changed: map[string]struct{}{},
	}
	g.document = newIndex(plainText(), func(all []contribution[string]) ast.Value { return g.value(unpack[shownGateway](all[0].value)) })
	return g
}

func (g *gateways) put(k objectKey, f *gatewayFacts) {
	if before, ok := g.facts[k]; ok && reflect.DeepEqual(before, f) {
		return
	}
	g.facts[k] = f
	g.dirty[k] = struct{}{}
}

func (g *gateways) remove(k objectKey) {
	if _, ok := g.facts[k]; ok {
		delete(g.facts, k)
		g.dirty[k] = struct{}{}
	}
}

// settle decides anew whose the Gateways are that changed, or all when a class
// did.
func (g *gateways) settle() {
	if g.revision != g.classes.revision {
		g.revision = g.classes.revision
		for k := range g.facts {
			g.dirty[k] = struct{}{}
		}
	}
	for k := range g.dirty {
		name := k.qualified()
		f, ok := g.facts[k]
		if !ok {
			delete(g.byName, name)
			g.document.set(k)
			g.secrets.put(k, nil)
			g.changed[name] = struct{}{}
			continue
		}
		now := &gateway{gatewayFacts: f, higress: g.classes.higressGatewayClass(f.class)}
		if before := g.byName[name]; before != nil && *before == *now {
			continue
		}
		g.byName[name] = now
		g.document.set(k, entry[string]{name, pack(&shownGateway{f.class, now.higress, f.listeners})})
		g.secrets.put(k, nil)
		if now.higress {
			g.secrets.put(k, f.secrets)
		}
		g.changed[name] = struct{}{}
	}
	g.dirty = map[objectKey]struct{}{}
}

func (g *gateways) freeze() document { return g.document.freeze() }

func (g *gateways) value(of *shownGateway) ast.Value {
	listeners := make([]*ast.Term, len(of.Listeners))
	for i, l := range of.Listeners {
		listeners[i] = ast.NewTerm(g.words.object(
			field{"name", ast.StringTerm(l.Name)},
			field{"hostname", ast.StringTerm(l.Hostname)},
			field{"allowedRoutes", jsonTerm(l.AllowedRoutes)},
		))
	}
	return g.words.object(
		field{"class", ast.StringTerm(of.Class)},
		field{"higress", flag(of.Higress)},
		field{"listeners", ast.ArrayTerm(listeners...)},
	)
}

// jsonTerm is the term of JSON that jsonText wrote.
func jsonTerm(text string) *ast.Term {
	if text == "" {
		return ast.NullTerm()
	}
	v, err := value.Parse([]byte(text))
	if err != nil {
		return ast.NullTerm()
	}
	return ast.NewTerm(v)
}

// hosts are the hosts of the listeners that a route asks for; every host of a
// parent that nobody can look into.
func (g *gateways) hosts(p parentRef) []string {
	if p.Opaque {
		return []string{AnyHost}
	}
	of, ok := g.byName[p.Gateway]
	if !ok || !of.higress {
		return nil
	}
	var out []string
	for _, l := range of.listeners {
		if (p.Section == "" || p.Section == l.Name) && (p.Port == 0 || p.Port == l.Port) {
			out = append(out, l.Hostname)
		}
	}
	return out
}

// parentRef is a Gateway that a route asks to be attached to.
type parentRef struct {
	Gateway string // "ns/name"
	Section string
	Port    int32
	// Opaque is a parent that is neither a Gateway nor a Service, such as a
	// ListenerSet: it may lead to Higress's Gateway, so that it counts as such.
	Opaque bool
}
