package objects

import (
	"maps"
	"slices"

	"tollgate.dev/tollgate/apis/tollgate/v1alpha1"
	"tollgate.dev/tollgate/metering/price"
	"tollgate.dev/tollgate/metering/pricetable"
)

// prices are compiled price tables by name.
type prices struct {
	tables map[string]compiled
}

type compiled struct {
	object   *v1alpha1.PriceTable
	table    *price.Table
	problems []pricetable.Problem
}

// next returns the tables of objects; those that did not change are not
// compiled again.
func (p *prices) next(objects []*v1alpha1.PriceTable) *prices {
	n := &prices{tables: make(map[string]compiled, len(objects))}
	for _, o := range objects {
		if c, ok := p.tables[o.Name]; ok && c.object == o {
			n.tables[o.Name] = c
			continue
		}
		table, problems := pricetable.Compile(o)
		n.tables[o.Name] = compiled{object: o, table: table, problems: problems}
	}
	return n
}

// Table returns the compiled PriceTable of a name and what is wrong with it;
// false when there is no such object.
func (o *Objects) Table(name string) (*price.Table, []pricetable.Problem, bool) {
	c, ok := o.prices.Load().tables[name]
	return c.table, c.problems, ok
}

// PriceTable is a PriceTable object as it was compiled.
type PriceTable struct {
	Object   *v1alpha1.PriceTable
	Table    *price.Table
	Problems []pricetable.Problem
}

// PriceTables returns all PriceTables, by name.
func (o *Objects) PriceTables() []PriceTable {
	tables := o.prices.Load().tables
	all := make([]PriceTable, 0, len(tables))
	for _, name := range slices.Sorted(maps.Keys(tables)) {
		c := tables[name]
		all = append(all, PriceTable{Object: c.object, Table: c.table, Problems: c.problems})
	}
	return all
}
