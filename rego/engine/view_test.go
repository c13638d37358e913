package engine_test

import (
	"errors"
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"

	"tollgate.dev/tollgate/apis/tollgate/v1alpha1"
	"tollgate.dev/tollgate/rego/engine"
	"tollgate.dev/tollgate/rego/policy"
)

// TestInventoryIsWhatIsListed: a policy sees the kinds it lists and no others,
// whatever other policies list and however it asks.
func TestInventoryIsWhatIsListed(t *testing.T) {
	services := v1alpha1.InventoryKind{Version: "v1", Kind: "Service"}
	pods := v1alpha1.InventoryKind{Version: "v1", Kind: "Pod"}
	nodes := v1alpha1.InventoryKind{Version: "v1", Kind: "Node"}
	leases := v1alpha1.InventoryKind{Group: "coordination.k8s.io", Version: "v1", Kind: "Lease"}
	b := builder(t)
	b.Whole([]v1alpha1.InventoryKind{services, pods, nodes, leases})
	for _, kind := range []string{"v1 Service", "v1 Pod", "coordination.k8s.io/v1 Lease"} {
		var version, name string
		if _, err := fmt.Sscan(kind, &version, &name); err != nil {
			t.Fatal(err)
		}
		for _, ns := range []string{"a", "b"} {
			b.Put(object(t, fmt.Sprintf(`{"apiVersion":%q,"kind":%q,"metadata":{"namespace":%q,"name":"x"}}`, version, name, ns)))
		}
	}
	b.Put(object(t, `{"apiVersion":"v1","kind":"Pod","metadata":{"namespace":"only-pods","name":"x"}}`))
	b.Put(object(t, `{"apiVersion":"v1","kind":"Node","metadata":{"name":"n"}}`))

	asks := map[string]string{
		"everything":   `violation contains {"msg": sprintf("%s/%s", [ns, k])} if { some ns, v, k, n; data.inventory.namespace[ns][v][k][n] }`,
		"as a whole":   `violation contains {"msg": sprintf("%s/%s", [ns, k])} if { inv := data.inventory; some ns, v, k, n; inv.namespace[ns][v][k][n] }`,
		"by namespace": `violation contains {"msg": sprintf("%s/%s", [ns, k])} if { some ns in {"a", "b", "only-pods"}; some v, k, n; data.inventory.namespace[ns][v][k][n] }`,
		"by version":   `violation contains {"msg": sprintf("%s/%s", [ns, k])} if { some ns in {"a", "b", "only-pods"}; some k, n; data.inventory.namespace[ns].v1[k][n] }`,
		"by kind":      `violation contains {"msg": sprintf("%s/%s", [ns, "Service"])} if { some ns, n; data.inventory.namespace[ns].v1.Service[n] }`,
		"of cluster": `violation contains {"msg": "a/Service"} if not data.inventory.cluster.v1
violation contains {"msg": "b/Service"} if count(object.keys(object.get(data.inventory.cluster, "v1", {}))) == 0`,
		"kind by variable, bound": `violation contains {"msg": sprintf("%s/%s", [ns, k])} if { some ns in {"a", "b"}; some k in {"Pod", "Service"}; data.inventory.namespace[ns].v1[k].x }`,
	}
	for name, body := range asks {
		t.Run(name, func(t *testing.T) {
			p := rule("p", body)
			p.Inventory = []v1alpha1.InventoryKind{services}
			want := []string{"p Deny : a/Service", "p Deny : b/Service"}
			other := rule("q", `violation contains {"msg": "never"} if data.inventory.namespace[_].v1.Pod == 7`)
			other.Inventory = []v1alpha1.InventoryKind{pods, nodes, leases}
			e := engine.New(engine.Options{})
			e.UseInventory(b.Build())
			if errs := e.UsePolicies(t.Context(), []*policy.Policy{p, other}); len(errs) > 0 {
				t.Fatal(errs)
			}
			for range 2 {
				if diff := cmp.Diff(want, short(e.Snapshot().Validate(t.Context(), engine.Webhook, create(t, configMap)))); diff != "" {
					t.Error(diff)
				}
			}
		})
	}
}

// TestUnable: a policy that cannot judge says so.
func TestUnable(t *testing.T) {
	p := rule("p", `violation contains {"msg": "x"} if true`)
	p.Unable = errors.New("Pods cannot be listed")
	e := engine.New(engine.Options{})
	e.UseInventory(builder(t).Build())
	if errs := e.UsePolicies(t.Context(), []*policy.Policy{p}); len(errs) != 1 {
		t.Error(errs)
	}
	want := []string{"p Deny : the policy p could not judge this request: Pods cannot be listed (failure)"}
	if diff := cmp.Diff(want, short(e.Snapshot().Validate(t.Context(), engine.Webhook, create(t, configMap)))); diff != "" {
		t.Error(diff)
	}
}
