package audit_test

import (
	"errors"
	"fmt"
	"runtime"
	"testing"

	"tollgate.dev/tollgate/rego/audit"
	"tollgate.dev/tollgate/rego/baseline"
	"tollgate.dev/tollgate/rego/engine"
	"tollgate.dev/tollgate/rego/inventory"
	"tollgate.dev/tollgate/rego/settings"
)

// The whole baseline over 10,000 routes: what a list of all violations costs the
// first time, after a change that no verdict stands on, and without any, and what
// the objects take in memory beside what is remembered of them.
func BenchmarkAudit(b *testing.B) {
	const organizations, routes = 100, 100
	s := settings.Default()
	builder, store := inventory.NewBuilder(s), audit.NewStore()
	for i := range organizations {
		org := fmt.Sprintf("org-%d", i)
		builder.Put(object("tollgate.dev/v1alpha1", "Organization", "", org, map[string]any{
			"namespaces": []any{org}, "domains": []any{"*." + org + ".example"},
		}))
		for j := range routes {
			host := fmt.Sprintf("r%d.%s.example", j, org)
			if j%20 == 0 {
				host = "elsewhere.test"
			}
			o := object("networking.k8s.io/v1", "Ingress", org, fmt.Sprintf("r%d", j), map[string]any{
				"ingressClassName": "higress",
				"rules": []any{map[string]any{"host": host, "http": map[string]any{"paths": []any{map[string]any{
					"path": "/", "pathType": "Prefix", "backend": map[string]any{"service": map[string]any{"name": "web", "port": map[string]any{"number": int64(80)}}},
				}}}}},
			})
			builder.Put(o)
			if err := store.Put(o); err != nil {
				b.Fatal(err)
			}
		}
	}
	e := engine.New(engine.Options{Patience: 10})
	policies, err := baseline.Configured(s)
	if err != nil {
		b.Fatal(err)
	}
	if errs := e.UsePolicies(b.Context(), policies); len(errs) > 0 {
		b.Fatal(errors.Join(errs...))
	}
	auditor := audit.New(e, func() *settings.Settings { return s }, store, runtime.GOMAXPROCS(0))
	all := func(b *testing.B) (found int) {
		a, err := auditor.Begin()
		if err != nil {
			b.Fatal(err)
		}
		for _, ns := range a.Namespaces() {
			findings, err := a.Judge(b.Context(), ns)
			if err != nil {
				b.Fatal(err)
			}
			found += len(findings)
		}
		return found
	}
	e.UseInventory(builder.Build())
	want := all(b)
	if want < organizations*routes/20 {
		b.Fatalf("%d violations, want one of each twentieth route at least", want)
	}
	_, bytes := store.Size()
	for _, tt := range []struct {
		name string
		// before makes what is judged next differ from what was judged last.
		before func(*testing.B)
	}{
		{"first", func(b *testing.B) {
			fresh := audit.NewStore()
			for i := range organizations {
				for _, o := range store.Objects(fmt.Sprintf("org-%d", i)) {
					if err := fresh.Put(o); err != nil {
						b.Fatal(err)
					}
				}
			}
			auditor = audit.New(e, func() *settings.Settings { return s }, fresh, runtime.GOMAXPROCS(0))
		}},
		{"after a change elsewhere", func(*testing.B) {
			builder.Put(object("v1", "Namespace", "", "elsewhere", nil))
			e.UseInventory(builder.Build())
		}},
		{"unchanged", func(*testing.B) {}},
	} {
		b.Run(tt.name, func(b *testing.B) {
			for b.Loop() {
				b.StopTimer()
				tt.before(b)
				b.StartTimer()
				if got := all(b); got != want {
					b.Fatalf("%d violations, then %d", want, got)
				}
			}
			b.ReportMetric(float64(b.Elapsed().Microseconds())/float64(b.N)/(organizations*routes), "µs/object")
			b.ReportMetric(float64(bytes)/(organizations*routes), "B/object")
		})
	}
}
