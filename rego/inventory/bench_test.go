package inventory_test

import (
	"context"
	"fmt"
	"runtime"
	"runtime/metrics"
	"testing"

	"github.com/open-policy-agent/opa/v1/storage"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"tollgate.dev/tollgate/apis/tollgate/v1alpha1"
	"tollgate.dev/tollgate/rego/inventory"
	"tollgate.dev/tollgate/rego/settings"
)

// cluster is a cluster of about n objects: organizations with namespaces,
// projects, Ingresses and HTTPRoutes, and the shared plugins with a rule per
// metered route.
func cluster(n int) []*unstructured.Unstructured {
	of := func(apiVersion, kind, namespace, name string, spec map[string]any) *unstructured.Unstructured {
		meta := map[string]any{"name": name, "uid": kind + namespace + name, "creationTimestamp": "2026-01-01T00:00:00Z"}
		if namespace != "" {
			meta["namespace"] = namespace
		}
		return &unstructured.Unstructured{Object: map[string]any{"apiVersion": apiVersion, "kind": kind, "metadata": meta, "spec": spec}}
	}
	all := []*unstructured.Unstructured{
		of("networking.k8s.io/v1", "IngressClass", "", "higress", map[string]any{"controller": "higress.io/higress-controller"}),
		of("gateway.networking.k8s.io/v1", "Gateway", "higress-system", "public", map[string]any{"gatewayClassName": "higress", "listeners": []any{map[string]any{"name": "https", "port": int64(443)}}}),
	}
	var metered []any
	for i := 0; len(all) < n; i++ {
		org, ns := fmt.Sprintf("org-%d", i), fmt.Sprintf("team-%d", i)
		all = append(all,
			of("tollgate.dev/v1alpha1", "Organization", "", org, map[string]any{"namespaces": []any{ns}, "domains": []any{org + ".example", "*." + org + ".example"}}),
			of("v1", "Namespace", "", ns, map[string]any{}),
			of("tollgate.dev/v1alpha1", "Project", ns, "chat", map[string]any{"organization": org, "groups": []any{map[string]any{"name": "g", "models": []any{"gpt-4o"}}}}),
		)
		for j := range 40 {
			all = append(all, ingress(ns, org, j, "/v1"))
			if j%4 == 0 {
				metered = append(metered, fmt.Sprintf("%s/i%d", ns, j))
			}
			if j%5 == 0 {
				all = append(all, of("gateway.networking.k8s.io/v1", "HTTPRoute", ns, fmt.Sprintf("h%d", j), map[string]any{
					"parentRefs": []any{map[string]any{"name": "public", "namespace": "higress-system"}},
					"hostnames":  []any{fmt.Sprintf("h%d.%s.example", j, org)},
					"rules":      []any{map[string]any{"backendRefs": []any{map[string]any{"name": "web", "port": int64(80)}}}},
				}))
			}
		}
	}
	for _, p := range []string{"tollgate-identity", "tollgate-auth", "tollgate-budget"} {
		all = append(all, of("extensions.higress.io/v1alpha1", "WasmPlugin", "higress-system", p, map[string]any{
			"url": "oci://registry.example/" + p, "matchRules": []any{map[string]any{"ingress": metered, "config": map[string]any{}}}}))
	}
	return all
}

func ingress(ns, org string, j int, path string) *unstructured.Unstructured {
	return &unstructured.Unstructured{Object: map[string]any{
		"apiVersion": "networking.k8s.io/v1", "kind": "Ingress",
		"metadata": map[string]any{
			"name": fmt.Sprintf("i%d", j), "namespace": ns, "uid": "u", "creationTimestamp": "2026-01-01T00:00:00Z",
			"annotations": map[string]any{"higress.io/destination": "llm.dns", "higress.io/timeout": "300"},
			"managedFields": []any{map[string]any{"manager": "kubectl", "operation": "Apply", "fieldsV1": map[string]any{
				"f:spec": map[string]any{"f:rules": map[string]any{}, "f:tls": map[string]any{}, "f:ingressClassName": map[string]any{}}}}},
		},
		"spec": map[string]any{
			"ingressClassName": "higress",
			"tls":              []any{map[string]any{"hosts": []any{fmt.Sprintf("i%d.%s.example", j, org)}, "secretName": "tls"}},
			"rules": []any{map[string]any{"host": fmt.Sprintf("i%d.%s.example", j, org), "http": map[string]any{"paths": []any{
				map[string]any{"path": path, "pathType": "Prefix", "backend": map[string]any{"service": map[string]any{"name": "web", "port": map[string]any{"number": int64(80)}}}},
			}}}},
		},
		"status": map[string]any{"loadBalancer": map[string]any{"ingress": []any{map[string]any{"ip": "10.0.0.1"}}}},
	}}
}

// BenchmarkWrites is what 100 writes a second cost when the caller builds 20
// times a second: one operation is a twentieth of a second. Ten look-ups keep
// the builds honest.
func BenchmarkWrites(b *testing.B) {
	for _, n := range []int{100, 10_000} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			builder := inventory.NewBuilder(settings.Default())
			for _, o := range cluster(n) {
				builder.Put(o)
			}
			builder.Build()
			writes := make([]*unstructured.Unstructured, 80)
			for i := range writes {
				writes[i] = ingress("team-0", "org-0", i%40, fmt.Sprintf("/v%d", i%2+i/40))
			}
			b.ReportAllocs()
			i := 0
			for b.Loop() {
				for range 5 {
					builder.Put(writes[i%len(writes)])
					i++
				}
				inv := builder.Build()
				for range 10 {
					if _, err := inv.Read(context.Background(), nil, storage.Path{"tollgate", "route", "team-0/i1"}); err != nil {
						b.Fatal(err)
					}
				}
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)*20/1e7, "%core")
		})
	}
}

func BenchmarkRead(b *testing.B) {
	builder := inventory.NewBuilder(settings.Default())
	for _, o := range cluster(10_000) {
		builder.Put(o)
	}
	inv := builder.Build()
	for _, path := range []storage.Path{
		{"tollgate", "route", "team-7/i3"},
		{"tollgate", "host_owner", "a.b.org-7.example"},
		{"tollgate", "host_route", "i3.org-7.example"},
		{"tollgate", "guarded", "tollgate-auth", "team-7/i4"},
		{"tollgate", "route", "no/where"},
	} {
		b.Run(path[1]+"/"+path[2], func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				_, _ = inv.Read(context.Background(), nil, path)
			}
		})
	}
}

// scannable is how many bytes of the heap the garbage collector had to look into.
func scannable() uint64 {
	sample := []metrics.Sample{{Name: "/gc/scan/heap:bytes"}}
	metrics.Read(sample)
	return sample[0].Value.Uint64()
}

// BenchmarkMemory reports what 10,000 objects keep in memory, and how much of it
// the garbage collector looks into.
func BenchmarkMemory(b *testing.B) {
	for b.Loop() {
		var before, after runtime.MemStats
		runtime.GC()
		runtime.ReadMemStats(&before)
		scannedBefore := scannable()
		builder := inventory.NewBuilder(settings.Default())
		for _, o := range cluster(10_000) {
			builder.Put(o)
		}
		inv := builder.Build()
		runtime.GC()
		runtime.ReadMemStats(&after)
		b.ReportMetric(float64(after.HeapAlloc-before.HeapAlloc)/(1<<20), "MiB")
		b.ReportMetric(float64(scannable()-scannedBefore)/(1<<20), "scanned-MiB")
		runtime.KeepAlive(builder)
		runtime.KeepAlive(inv)
	}
}

// BenchmarkTenantWrite is what one changed Project costs: who owns what is
// computed anew for the whole cluster.
func BenchmarkTenantWrite(b *testing.B) {
	builder := inventory.NewBuilder(settings.Default())
	for _, o := range cluster(10_000) {
		builder.Put(o)
	}
	builder.Build()
	i := 0
	b.ReportAllocs()
	for b.Loop() {
		i++
		put(b, builder, fmt.Sprintf("{apiVersion: tollgate.dev/v1alpha1, kind: Project, metadata: {name: chat, namespace: team-0, uid: p}, spec: {organization: org-0, groups: [{name: g%d}]}}", i%2))
		if read(b, builder.Build(), "tollgate", "organization", "org-7") == nil {
			b.Fatal("an organization is missing")
		}
	}
}

// BenchmarkWholeMemory reports what a kind that policies read as it is costs
// for each of its objects, beside the projections.
func BenchmarkWholeMemory(b *testing.B) {
	objects := cluster(10_000)
	for b.Loop() {
		var before, after runtime.MemStats
		runtime.GC()
		runtime.ReadMemStats(&before)
		builder := inventory.NewBuilder(settings.Default())
		builder.Whole([]v1alpha1.InventoryKind{{Group: "networking.k8s.io", Version: "v1", Kind: "Ingress"}})
		for _, o := range objects {
			builder.Put(o)
		}
		inv := builder.Build()
		read(b, inv, "inventory", "namespace", "team-0", "networking.k8s.io/v1", "Ingress", "i0")
		runtime.GC()
		runtime.ReadMemStats(&after)
		b.ReportMetric(float64(after.HeapAlloc-before.HeapAlloc)/(1<<20), "MiB")
		runtime.KeepAlive(builder)
		runtime.KeepAlive(inv)
	}
}

// BenchmarkSharedHost is a write to one of 5,000 routes that all take every
// host, with a build.
func BenchmarkSharedHost(b *testing.B) {
	builder := inventory.NewBuilder(settings.Default())
	route := func(i int, path string) *unstructured.Unstructured {
		o := ingress(fmt.Sprintf("team-%d", i%100), "x", i, path)
		o.Object["spec"].(map[string]any)["rules"].([]any)[0].(map[string]any)["host"] = ""
		return o
	}
	for i := range 5000 {
		builder.Put(route(i, "/"))
	}
	builder.Build()
	i := 0
	for b.Loop() {
		i++
		builder.Put(route(i%5000, fmt.Sprintf("/%d", i%2)))
		builder.Build()
	}
}
