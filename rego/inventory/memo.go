package inventory

import (
	"strconv"
	"sync"

	"github.com/open-policy-agent/opa/v1/ast"

	"tollgate.dev/tollgate/metering/money"
	"tollgate.dev/tollgate/tenancy"
)

// memo is a computed document that remembers what it made. keys are those that
// it has when it is read as a whole.
func memo(of func(key string) (ast.Value, bool), keys func() []string) document {
	var made sync.Map
	remembered := func(key string) (ast.Value, bool) {
		if v, ok := made.Load(key); ok {
			return v.(ast.Value), true
		}
		v, ok := of(key)
		if ok { // what is not there is not remembered: callers may ask for anything
			made.Store(key, v)
		}
		return v, ok
	}
	return computed{of: remembered, all: sync.OnceValue(func() ast.Value {
		var pairs [][2]*ast.Term
		for _, key := range keys() {
			if v, ok := remembered(key); ok {
				pairs = append(pairs, [2]*ast.Term{ast.StringTerm(key), ast.NewTerm(v)})
			}
		}
		return ast.NewObject(pairs...)
	})}
}

// modelIndex is which projects allow which models, as they write them. It is
// made when it is asked for first.
func modelIndex(d *tenancy.Directory) func() map[string][]string {
	return sync.OnceValue(func() map[string][]string {
		users := map[string][]string{}
		for _, p := range d.Projects("") {
			if !p.Accepted {
				continue
			}
			for _, g := range p.Project.Spec.Groups {
				for _, model := range g.Models {
					users[model] = append(users[model], p.Project.Namespace+"/"+p.Project.Name)
				}
			}
		}
		return users
	})
}

func nanoText(a money.Amount) string { return strconv.FormatInt(int64(a), 10) }
