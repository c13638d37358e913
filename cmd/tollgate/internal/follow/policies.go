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
	status     v1alpha1.AdmissionPolicyStatus
	policy     *policy.Policy
}

// PolicyState is how an AdmissionPolicy is.
type PolicyState struct {
	Name       string
	UID        types.UID
	Generation int64
	// Status is what the object says.
	Status v1alpha1.AdmissionPolicyStatus
	// Err is why the policy cannot judge, nil if it can.
	Err error
	// Waiting: it is not in force yet, because its inventory is being read.
	Waiting bool
}

// Put implements Sink. An object that cannot be read is in force as unable, so
// that it fails as a broken policy does.
func (c *collector) Put(u *unstructured.Unstructured) {
	var obj v1alpha1.AdmissionPolicy
	raw, err := json.Marshal(u.Object)
	if err == nil {
		err = json.Unmarshal(raw, &obj)
	}
	now := collected{uid: u.GetUID(), generation: u.GetGeneration(), status: obj.Status}
	c.mu.Lock()
	defer c.mu.Unlock()
	if before, ok := c.policies[u.GetName()]; ok && before.uid == now.uid && before.generation == now.generation {
		now.policy = before.policy // its status or metadata changed
	} else {
		now.policy = readPolicy(&obj, u.GetName(), err)
	}
	if c.policies == nil {
		c.policies = map[string]collected{}
	}
	c.policies[u.GetName()] = now
}

func readPolicy(obj *v1alpha1.AdmissionPolicy, name string, err error) *policy.Policy {
	var p *policy.Policy
	if err == nil {
		p, err = policy.FromObject(obj)
	}
	if err != nil {
		return &policy.Policy{ID: name, Unable: fmt.Errorf("the AdmissionPolicy cannot be read: %w", err)}
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
