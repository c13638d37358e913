package follow

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"sync"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/types"

	"tollgate.dev/tollgate/apis/tollgate/v1alpha1"
	"tollgate.dev/tollgate/rego/policy"
)

// collector gathers AdmissionPolicies. It is a Sink.
type collector struct {
	mu       sync.Mutex
	policies map[string]collected
}

// collected is one AdmissionPolicy.
type collected struct {
	uid        types.UID
	generation int64
	policy     *policy.Policy
}

// Put implements Sink. An object that cannot be read is in force as unable, so
// that it fails as a broken policy does.
func (c *collector) Put(u *unstructured.Unstructured) {
	now := collected{uid: u.GetUID(), generation: u.GetGeneration()}
	c.mu.Lock()
	defer c.mu.Unlock()
	if before, ok := c.policies[u.GetName()]; ok && before.uid == now.uid && before.generation == now.generation {
		return // its status or metadata changed
	}
	now.policy = readPolicy(u)
	if c.policies == nil {
		c.policies = map[string]collected{}
	}
	c.policies[u.GetName()] = now
}

func readPolicy(u *unstructured.Unstructured) *policy.Policy {
	raw, err := json.Marshal(u.Object)
	var obj v1alpha1.AdmissionPolicy
	if err == nil {
		err = json.Unmarshal(raw, &obj)
	}
	var p *policy.Policy
	if err == nil {
		p, err = policy.FromObject(&obj)
	}
	if err != nil {
		return &policy.Policy{ID: u.GetName(), Unable: fmt.Errorf("the AdmissionPolicy cannot be read: %w", err)}
	}
	return p
}

// Delete implements Sink.
func (c *collector) Delete(_ schema.GroupVersionKind, _, name string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	delete(c.policies, name)
}

// all returns the policies by name.
func (c *collector) all() []collected {
	c.mu.Lock()
	defer c.mu.Unlock()
	out := make([]collected, 0, len(c.policies))
	for _, name := range slices.Sorted(maps.Keys(c.policies)) {
		out = append(out, c.policies[name])
	}
	return out
}
