package inventory

import (
	"errors"
	"reflect"
	"slices"
	"time"

	"github.com/open-policy-agent/opa/v1/ast"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"tollgate.dev/tollgate/apis/tollgate/v1alpha1"
	"tollgate.dev/tollgate/metering/price"
	"tollgate.dev/tollgate/metering/pricetable"
)

// prices keeps PriceTables, compiled.
type prices struct {
	words words
	table *table[*priceTable]
	last  *priceDocuments
}

// priceDocuments are the documents of one snapshot.
type priceDocuments struct {
	of             *frozen[*priceTable]
	priced, tables document
}

// priceTable is one PriceTable and which providers list each of its models.
type priceTable struct {
	object    *v1alpha1.PriceTable
	compiled  *price.Table
	providers map[string][]string // model to providers, "" for any
}

func newPrices(w words) *prices { return &prices{words: w, table: newTable[*priceTable]()} }

func parsePriceTable(u *unstructured.Unstructured) any {
	t := read[v1alpha1.PriceTable](u)
	return &v1alpha1.PriceTable{ObjectMeta: identity(&t.ObjectMeta), Spec: t.Spec}
}

func (p *prices) put(k objectKey, t *v1alpha1.PriceTable) {
	if before, ok := p.table.get(k.name()); ok && reflect.DeepEqual(before.object, t) {
		return
	}
	compiled, _ := pricetable.Compile(t)
	providers := make(map[string][]string, len(t.Spec.Models))
	for i := range t.Spec.Models {
		m := &t.Spec.Models[i]
		if !slices.Contains(providers[m.Model], m.Provider) {
			providers[m.Model] = append(providers[m.Model], m.Provider)
		}
	}
	p.table.set(k.name(), &priceTable{object: t, compiled: compiled, providers: providers})
}

func (p *prices) remove(k objectKey) {
	if k.group() == v1alpha1.GroupName && k.kind() == "PriceTable" {
		p.table.remove(k.name())
	}
}

func (p *prices) freeze() *priceDocuments {
	if of := p.table.freeze(); p.last == nil || p.last.of != of {
		p.last = &priceDocuments{of: of, priced: pricedTables{of}, tables: p.tables(of)}
	}
	return p.last
}

// pricedTables is data.tollgate.priced[table][model]: true when, at the time of the
// look-up, every price of the model that is in force is whole, and there is
// one. It depends on the clock, so it is computed when it is read.
type pricedTables struct{ tables *frozen[*priceTable] }

func (d pricedTables) find(path []string) (ast.Value, bool) {
	if len(path) == 0 {
		var pairs [][2]*ast.Term
		for name, t := range d.tables.all() {
			pairs = append(pairs, [2]*ast.Term{ast.StringTerm(name), ast.NewTerm(t.pricedModels(time.Now()))})
		}
		return ast.NewObject(pairs...), true
	}
	t, ok := d.tables.get(path[0])
	switch {
	case !ok:
		return nil, false
	case len(path) == 1:
		return t.pricedModels(time.Now()), true
	case len(path) == 2 && t.priced(path[1], time.Now()):
		return ast.Boolean(true), true
	}
	return nil, false
}

func (t *priceTable) priced(model string, at time.Time) bool {
	found := false
	for _, provider := range t.providers[model] {
		_, err := t.compiled.Lookup(provider, model, at)
		var unpriced *price.UnpricedError
		switch {
		case err == nil:
			found = true
		case errors.As(err, &unpriced) && (unpriced.Reason == price.NotYet || unpriced.Reason == price.Ambiguous):
			// A price that has not begun takes nothing away; several providers
			// are each looked at by name.
		default:
			return false
		}
	}
	return found
}

func (t *priceTable) pricedModels(at time.Time) ast.Value {
	var pairs [][2]*ast.Term
	for model := range t.providers {
		if t.priced(model, at) {
			pairs = append(pairs, [2]*ast.Term{ast.StringTerm(model), flag(true)})
		}
	}
	return ast.NewObject(pairs...)
}

// tables is data.tollgate.price_table[name]: {"models": {model: [{"provider",
// "mode", "effectiveFrom"}...]}}.
func (p *prices) tables(tables *frozen[*priceTable]) document {
	return memo(func(name string) (ast.Value, bool) {
		t, ok := tables.get(name)
		if !ok {
			return nil, false
		}
		entries := map[string][]*ast.Term{}
		for i := range t.object.Spec.Models {
			m := &t.object.Spec.Models[i]
			entries[m.Model] = append(entries[m.Model], ast.NewTerm(p.words.object(
				field{"provider", ast.StringTerm(m.Provider)},
				field{"mode", ast.StringTerm(string(m.Mode))},
				field{"effectiveFrom", ast.StringTerm(m.EffectiveFrom.UTC().Format(time.RFC3339))},
			)))
		}
		pairs := make([][2]*ast.Term, 0, len(entries))
		for model, list := range entries {
			pairs = append(pairs, [2]*ast.Term{ast.StringTerm(model), ast.ArrayTerm(list...)})
		}
		return p.words.object(field{"models", ast.NewTerm(ast.NewObject(pairs...))}), true
	}, func() []string {
		var names []string
		for name := range tables.all() {
			names = append(names, name)
		}
		return names
	})
}
