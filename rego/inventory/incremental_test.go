package inventory_test

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/open-policy-agent/opa/v1/ast"
	"github.com/open-policy-agent/opa/v1/storage"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"pgregory.net/rapid"

	"tollgate.dev/tollgate/apis/tollgate/v1alpha1"
	"tollgate.dev/tollgate/rego/inventory"
	"tollgate.dev/tollgate/rego/settings"
)

func wholeKinds() []v1alpha1.InventoryKind {
	return []v1alpha1.InventoryKind{
		{Group: "networking.k8s.io", Version: "v1", Kind: "Ingress"},
		{Version: "v1", Kind: "Namespace"},
		{Version: "v1", Kind: "ConfigMap"},
	}
}

// drawObject draws one of few objects, so that draws meet: the same namespaces,
// hosts, classes and names over and over.
func drawObject(t *rapid.T) *unstructured.Unstructured {
	pick := func(label string, of ...string) string { return rapid.SampledFrom(of).Draw(t, label) }
	ns := func() string { return pick("namespace", "a", "b", "higress-system") }
	name := func() string { return pick("name", "x", "y") }
	host := func() string { return pick("host", "", "h.example", "H.example.", "*.h.example", "i.example") }
	meta := func(namespace string) map[string]any {
		m := map[string]any{"name": name(), "uid": pick("uid", "1", "2")}
		if namespace != "" {
			m["namespace"] = namespace
		}
		if pick("labelled", "yes", "no") == "yes" {
			m["labels"] = map[string]any{v1alpha1.LabelOrganization: pick("owner", "x", "y")}
		}
		return m
	}
	of := func(apiVersion, kind string, metadata, spec map[string]any) *unstructured.Unstructured {
		return &unstructured.Unstructured{Object: map[string]any{"apiVersion": apiVersion, "kind": kind, "metadata": metadata, "spec": spec}}
	}
	parents := func() []any {
		return []any{map[string]any{"name": pick("gateway", "x", "y", "z"), "namespace": pick("gateway namespace", "a", "b")}}
	}
	switch pick("kind", "Organization", "Project", "PriceTable", "Namespace", "Ingress", "Ingress", "IngressClass", "HTTPRoute", "HTTPRoute", "GRPCRoute", "Gateway", "GatewayClass", "ReferenceGrant", "WasmPlugin", "McpBridge", "ConfigMap") {
	case "Organization":
		return of("tollgate.dev/v1alpha1", "Organization", meta(""), map[string]any{
			"namespaces": []any{pick("owned", "a", "b", "higress-system")}, "domains": []any{pick("domain", "h.example", "*.h.example")}})
	case "Project":
		return of("tollgate.dev/v1alpha1", "Project", meta(ns()), map[string]any{
			"organization": pick("organization", "x", "y"),
			"groups":       []any{map[string]any{"name": "g", "models": []any{pick("model", "m", "m*")}}}})
	case "PriceTable":
		return of("tollgate.dev/v1alpha1", "PriceTable", meta(""), map[string]any{
			"models": []any{map[string]any{"model": pick("model", "m", "n"), "mode": "Embedding", "input": pick("price", "1", "x"), "effectiveFrom": "1970-01-01T00:00:00Z"}}})
	case "Namespace":
		m := meta("")
		m["name"] = pick("own name", "a", "b")
		return of("v1", "Namespace", m, map[string]any{})
	case "Ingress":
		m := meta(ns())
		if pick("annotated", "yes", "no") == "yes" {
			m["annotations"] = map[string]any{"higress.io/destination": "x.dns", "kubernetes.io/ingress.class": pick("older class", "higress", "nginx")}
		}
		return of("networking.k8s.io/v1", "Ingress", m, map[string]any{
			"ingressClassName": pick("class", "", "x", "y", "higress"),
			"tls":              []any{map[string]any{"secretName": pick("secret", "s", "t")}},
			"rules":            []any{map[string]any{"host": host(), "http": map[string]any{"paths": []any{map[string]any{"path": pick("path", "/", "/v1"), "pathType": "Prefix"}}}}}})
	case "IngressClass":
		m := meta("")
		m["annotations"] = map[string]any{"ingressclass.kubernetes.io/is-default-class": pick("default", "true", "false")}
		return of("networking.k8s.io/v1", "IngressClass", m, map[string]any{"controller": pick("controller", "higress.io/higress-controller", "nginx")})
	case "HTTPRoute", "GRPCRoute":
		return of("gateway.networking.k8s.io/v1", pick("route kind", "HTTPRoute", "GRPCRoute"), meta(ns()), map[string]any{
			"parentRefs": parents(), "hostnames": []any{host()},
			"rules": []any{map[string]any{"backendRefs": []any{map[string]any{"group": pick("group", "", "networking.higress.io"), "kind": "Service", "name": "s"}}}}})
	case "Gateway":
		return of("gateway.networking.k8s.io/v1", "Gateway", meta(pick("gateway namespace", "a", "b")), map[string]any{
			"gatewayClassName": pick("class", "x", "y", "higress"),
			"listeners":        []any{map[string]any{"name": "l", "hostname": host(), "tls": map[string]any{"certificateRefs": []any{map[string]any{"name": "s"}}}}}})
	case "GatewayClass":
		return of("gateway.networking.k8s.io/v1", "GatewayClass", meta(""), map[string]any{"controllerName": pick("controller", "higress.io/gateway-controller", "istio.io/x")})
	case "ReferenceGrant":
		return of("gateway.networking.k8s.io/v1", "ReferenceGrant", meta(ns()), map[string]any{
			"from": []any{map[string]any{"kind": "HTTPRoute", "namespace": pick("from", "a", "b")}}, "to": []any{map[string]any{"kind": "Service"}}})
	case "WasmPlugin":
		return of("extensions.higress.io/v1alpha1", "WasmPlugin", meta(ns()), map[string]any{
			"url": "u", "defaultConfig": map[string]any{"k": "${secret." + pick("secret", "a/s", "t") + ".k}"},
			"matchRules": []any{map[string]any{"ingress": []any{pick("route", "a/x", "b/y")}}}})
	case "McpBridge":
		m := meta(ns())
		m["name"] = pick("own name", "default", "x")
		return of("networking.higress.io/v1", "McpBridge", m, map[string]any{
			"registries": []any{map[string]any{"name": pick("service", "p", "q"), "type": "dns", "authSecretName": "s"}}})
	}
	return of("v1", "ConfigMap", meta(ns()), map[string]any{"n": rapid.IntRange(0, 3).Draw(t, "n")})
}

// dump is the whole store as JSON, without the documents that have no end.
func dump(t interface{ Fatalf(string, ...any) }, inv *inventory.Inventory) string {
	v, err := inv.Read(context.Background(), nil, storage.RootPath)
	if err != nil {
		t.Fatalf("reading the store: %v", err)
	}
	out, err := ast.JSON(v.(ast.Value))
	if err != nil {
		t.Fatalf("reading the store: %v", err)
	}
	raw, err := json.MarshalIndent(out, "", " ")
	if err != nil {
		t.Fatalf("writing the store: %v", err)
	}
	return string(raw)
}

// However objects come and go, the store is what a new builder makes of those
// that are there in the end, in any order; and earlier snapshots never change.
func TestIncrementalEqualsAnew(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		b := inventory.NewBuilder(settings.Default())
		b.Whole(wholeKinds())
		type id struct{ apiVersion, kind, namespace, name string }
		there := map[id]*unstructured.Unstructured{}
		type taken struct {
			inv  *inventory.Inventory
			dump string
		}
		var snapshots []taken
		steps := rapid.IntRange(1, 60).Draw(t, "steps")
		for range steps {
			o := drawObject(t)
			k := id{o.GetAPIVersion(), o.GetKind(), o.GetNamespace(), o.GetName()}
			switch rapid.IntRange(0, 9).Draw(t, "what") {
			case 0, 1:
				b.Delete(o.GroupVersionKind(), k.namespace, k.name)
				delete(there, k)
			case 2:
				inv := b.Build()
				snapshots = append(snapshots, taken{inv, dump(t, inv)})
			default:
				b.Put(o)
				there[k] = o
			}
		}
		fresh := inventory.NewBuilder(settings.Default())
		fresh.Whole(wholeKinds())
		var order []*unstructured.Unstructured
		for _, o := range there {
			order = append(order, o)
		}
		for _, o := range order {
			fresh.Put(o)
		}
		if diff := cmp.Diff(dump(t, fresh.Build()), dump(t, b.Build())); diff != "" {
			t.Fatalf("built anew against grown (-anew +grown):\n%s", diff)
		}
		for i, s := range snapshots {
			if diff := cmp.Diff(s.dump, dump(t, s.inv)); diff != "" {
				t.Fatalf("snapshot %d changed afterwards:\n%s", i, diff)
			}
		}
	})
}

// What is looked up by key is what stands in the whole document.
func TestLookUpsEqualTheWhole(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		b := inventory.NewBuilder(settings.Default())
		b.Whole(wholeKinds())
		for range rapid.IntRange(1, 40).Draw(t, "objects") {
			b.Put(drawObject(t))
		}
		inv := b.Build()
		v, err := inv.Read(context.Background(), nil, storage.RootPath)
		if err != nil {
			t.Fatal(err)
		}
		walk(t, inv, nil, v.(ast.Value))
	})
}

func walk(t *rapid.T, inv *inventory.Inventory, path storage.Path, want ast.Value) {
	got, err := inv.Read(context.Background(), nil, path)
	if err != nil {
		t.Fatalf("%v is in the whole and cannot be looked up: %v", path, err)
	}
	// A look-up of a model also finds patterns; see modelUsers.
	if got.(ast.Value).Compare(want) != 0 && !(len(path) > 1 && path[1] == "model_users") {
		t.Fatalf("%v: %v by key, %v in the whole", path, got, want)
	}
	switch want := want.(type) {
	case ast.Object:
		want.Foreach(func(k, v *ast.Term) { walk(t, inv, append(slices.Clone(path), string(k.Value.(ast.String))), v.Value) })
	case *ast.Array:
		for i := range want.Len() {
			walk(t, inv, append(slices.Clone(path), fmt.Sprint(i)), want.Elem(i).Value)
		}
	}
}

func TestUnchangedBuildsShare(t *testing.T) {
	b := inventory.NewBuilder(settings.Default())
	put(t, b, acme, web, llm, higressClass)
	first := b.Build()
	if b.Build() != first {
		t.Error("nothing changed, and there is another inventory")
	}
	put(t, b, globex)
	if b.Build() == first {
		t.Error("something changed, and there is no other inventory")
	}
}

// Whole objects are there only while their kind is asked for.
func TestWhole(t *testing.T) {
	b := inventory.NewBuilder(settings.Default())
	const cm = "{apiVersion: v1, kind: ConfigMap, metadata: {name: c, namespace: a, managedFields: [{manager: x}]}, data: {k: v}}"
	put(t, b, cm)
	check(t, b.Build(), fields{}, "inventory")
	b.Whole(wholeKinds())
	put(t, b, cm)
	held := b.Build()
	check(t, held, fields{"apiVersion": "v1", "kind": "ConfigMap", "metadata": fields{"name": "c", "namespace": "a"}, "data": fields{"k": "v"}},
		"inventory", "namespace", "a", "v1", "ConfigMap", "c")
	put(t, b, "{apiVersion: v1, kind: Namespace, metadata: {name: a}}")
	check(t, b.Build(), "a", "inventory", "cluster", "v1", "Namespace", "a", "metadata", "name")
	b.Whole(nil)
	check(t, b.Build(), fields{}, "inventory")
	check(t, held, "v", "inventory", "namespace", "a", "v1", "ConfigMap", "c", "data", "k")
}

// Objects are put, inventories built and read at once. The race detector
// watches.
func TestConcurrentUse(t *testing.T) {
	b := inventory.NewBuilder(settings.Default())
	b.Whole(wholeKinds())
	var writers, readers sync.WaitGroup
	stop := make(chan struct{})
	for w := range 4 {
		writers.Go(func() {
			for i := range 200 {
				put(t, b, fmt.Sprintf("{apiVersion: networking.k8s.io/v1, kind: Ingress, metadata: {name: i%d, namespace: n%d}, spec: {ingressClassName: higress, rules: [{host: h%d.example}]}}", i%20, w, i%7))
				put(t, b, fmt.Sprintf("{apiVersion: tollgate.dev/v1alpha1, kind: Organization, metadata: {name: o%d, uid: u}, spec: {namespaces: [n%d]}}", w, i%4))
				if i%5 == 0 {
					b.Delete(object(t, web).GroupVersionKind(), fmt.Sprintf("n%d", w), fmt.Sprintf("i%d", i%20))
				}
			}
		})
	}
	for range 4 {
		readers.Go(func() {
			for {
				select {
				case <-stop:
					return
				default:
					inv := b.Build()
					dump(t, inv)
					read(t, inv, "tollgate", "organization", "o1")
					read(t, inv, "tollgate", "host_route", "h1.example")
				}
			}
		})
	}
	writers.Wait()
	close(stop)
	readers.Wait()
	for w := range 4 {
		if read(t, b.Build(), "tollgate", "organization", fmt.Sprintf("o%d", w)) == nil {
			t.Errorf("organization o%d was put and is not there", w)
		}
	}
}
