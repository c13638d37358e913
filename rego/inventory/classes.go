package inventory

import (
	"slices"
	"strings"

	"github.com/open-policy-agent/opa/v1/ast"
	networkingv1 "k8s.io/api/networking/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	gatewayv1 "sigs.k8s.io/gateway-api/apis/v1"

	"tollgate.dev/tollgate/rego/settings"
)

// classFacts is what is kept of an IngressClass or a GatewayClass.
type classFacts struct {
	controller string
	standard   bool // the IngressClass of Ingresses without one
}

func parseIngressClass(u *unstructured.Unstructured) any {
	c := read[networkingv1.IngressClass](u)
	return classFacts{controller: c.Spec.Controller, standard: c.Annotations[networkingv1.AnnotationIsDefaultIngressClass] == "true"}
}

func parseGatewayClass(u *unstructured.Unstructured) any {
	c := read[gatewayv1.GatewayClass](u)
	return classFacts{controller: string(c.Spec.ControllerName)}
}

// classes is data.tollgate.ingress_class[name], and decides which classes of
// Ingresses and Gateways are Higress's.
type classes struct {
	settings *settings.Gateway
	ingress  map[string]classFacts
	gateway  map[string]classFacts
	document *index[classFacts]
	// revision counts the changes after which objects may belong to another
	// controller.
	revision int
	// gatewayClass is the document of a revision.
	gatewayClass         document
	gatewayClassRevision int
}

func newClasses(w words, s *settings.Settings) *classes {
	of := codec[classFacts]{
		write: func(b []byte, f classFacts) []byte { return appendFlag(appendText(b, f.controller), f.standard) },
		read:  func(r *reader) classFacts { return classFacts{controller: r.text(), standard: r.flag()} },
	}
	return &classes{
		settings: &s.Gateway,
		ingress:  map[string]classFacts{},
		gateway:  map[string]classFacts{},
		document: newIndex(of, func(all []contribution[classFacts]) ast.Value {
			f := all[0].value
			return w.object(field{"controller", ast.StringTerm(f.controller)}, field{"default", flag(f.standard)})
		}),
	}
}

func (c *classes) put(k objectKey, f classFacts) {
	of, name := c.of(k), k.name()
	if before, ok := of[name]; ok && before == f {
		return
	}
	of[name] = f
	c.revision++
	if k.kind() == "IngressClass" {
		c.document.set(k, entry[classFacts]{name, f})
	}
}

func (c *classes) remove(k objectKey) {
	of, name := c.of(k), k.name()
	if _, ok := of[name]; !ok {
		return
	}
	delete(of, name)
	c.revision++
	c.document.set(k)
}

// of is the map that holds objects of a kind; nil for kinds that are no class.
func (c *classes) of(k objectKey) map[string]classFacts {
	switch group, kind := k.group(), k.kind(); {
	case group == networkingv1.GroupName && kind == "IngressClass":
		return c.ingress
	case group == gatewayv1.GroupName && kind == "GatewayClass":
		return c.gateway
	}
	return nil
}

func (c *classes) freeze() document { return c.document.freeze() }

// gatewayClasses is data.tollgate.gateway_class[name]: {"higress"}, of the
// GatewayClasses that exist.
func (c *classes) gatewayClasses() document {
	if c.gatewayClass == nil || c.gatewayClassRevision != c.revision {
		pairs := make([][2]*ast.Term, 0, len(c.gateway))
		for name := range c.gateway {
			higress := ast.NewObject([2]*ast.Term{ast.StringTerm("higress"), flag(c.higressGatewayClass(name))})
			pairs = append(pairs, [2]*ast.Term{ast.StringTerm(name), ast.NewTerm(higress)})
		}
		c.gatewayClass, c.gatewayClassRevision = fixed{ast.NewObject(pairs...)}, c.revision
	}
	return c.gatewayClass
}

// higressIngress reports whether an Ingress with these classes is Higress's:
// those of spec.ingressClassName and of the older annotation, of which one is
// enough. Without a class it is the default IngressClass that counts, and
// where there is none, the settings.
func (c *classes) higressIngress(names []string) bool {
	if len(names) > 0 {
		return slices.ContainsFunc(names, c.higressIngressClass)
	}
	standard := false
	for name, f := range c.ingress {
		if f.standard {
			standard = true
			if c.higressIngressClass(name) {
				return true
			}
		}
	}
	return !standard && c.settings.EmptyClass == settings.JudgeEmptyClass
}

func (c *classes) higressIngressClass(name string) bool {
	if slices.Contains(c.settings.IngressClasses, name) {
		return true
	}
	f, ok := c.ingress[name]
	return ok && slices.Contains(c.settings.IngressControllers, f.controller)
}

// higressGatewayClass reports whether Gateways of a class are Higress's. A class
// that is not known is taken by its name.
func (c *classes) higressGatewayClass(name string) bool {
	f, ok := c.gateway[name]
	if !ok {
		return slices.Contains(c.settings.GatewayClasses, name)
	}
	return slices.ContainsFunc(c.settings.Controllers, func(pattern string) bool {
		prefix, wild := strings.CutSuffix(pattern, "*")
		return f.controller == pattern || wild && strings.HasPrefix(f.controller, prefix)
	})
}
