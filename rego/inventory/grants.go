package inventory

import (
	"github.com/open-policy-agent/opa/v1/ast"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	gatewayv1 "sigs.k8s.io/gateway-api/apis/v1"
)

// grantFacts is what is kept of a ReferenceGrant.
type grantFacts struct {
	// from is the namespace whose objects may refer, with what they may.
	entries []entry[grant]
}

// grant is one permission to refer to objects of a namespace.
type grant struct{ to, fromGroup, fromKind, toGroup, toKind, toName string }

func parseGrant(u *unstructured.Unstructured) any {
	g := read[gatewayv1.ReferenceGrant](u)
	f := &grantFacts{}
	for _, from := range g.Spec.From {
		for _, to := range g.Spec.To {
			f.entries = append(f.entries, entry[grant]{string(from.Namespace), grant{
				to:        u.GetNamespace(),
				fromGroup: string(from.Group), fromKind: string(from.Kind),
				toGroup: string(to.Group), toKind: string(to.Kind), toName: string(deref(to.Name)),
			}})
		}
	}
	return f
}

// grants is data.tollgate.granted[from ns][to ns]: [{"fromGroup", "fromKind",
// "toGroup", "toKind", "toName"}], with an empty toName for every object.
type grants struct{ *index[grant] }

func newGrants(w words) *grants {
	of := codec[grant]{
		write: func(b []byte, g grant) []byte {
			for _, s := range []string{g.to, g.fromGroup, g.fromKind, g.toGroup, g.toKind, g.toName} {
				b = appendText(b, s)
			}
			return b
		},
		read: func(r *reader) grant {
			return grant{to: r.text(), fromGroup: r.text(), fromKind: r.text(), toGroup: r.text(), toKind: r.text(), toName: r.text()}
		},
	}
	return &grants{newIndex(of, func(all []contribution[grant]) ast.Value {
		by := map[string][]*ast.Term{}
		for _, one := range all {
			g := one.value
			by[g.to] = append(by[g.to], ast.NewTerm(w.object(
				field{"fromGroup", w.text(g.fromGroup)}, field{"fromKind", w.text(g.fromKind)},
				field{"toGroup", w.text(g.toGroup)}, field{"toKind", w.text(g.toKind)}, field{"toName", w.text(g.toName)},
			)))
		}
		pairs := make([][2]*ast.Term, 0, len(by))
		for to, list := range by {
			pairs = append(pairs, [2]*ast.Term{w.text(to), ast.ArrayTerm(list...)})
		}
		return ast.NewObject(pairs...)
	})}
}

func (g *grants) put(k objectKey, f *grantFacts) { g.set(k, f.entries...) }

func (g *grants) remove(k objectKey) { g.set(k) }
