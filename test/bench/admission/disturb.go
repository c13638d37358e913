package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"sync"
	"time"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"tollgate.dev/tollgate/apis/tollgate/v1alpha1"
	"tollgate.dev/tollgate/rego/policy"
	"tollgate.dev/tollgate/test/bench/admission/turn"
)

const (
	// policyChange is the time between two changes of the policies: 100 are added
	// and 100 removed in a minute.
	policyChange = time.Minute / 200
	// objectWrite is the time between two writes: 100 in a second.
	objectWrite = time.Second / 100
	// inventoryChange is how often writes take effect, as in the webhook.
	inventoryChange = time.Second / 20

	loopingID = "looping"
)

// looping matches every review and never ends.
func looping() *policy.Policy {
	return userPolicy(loopingID, `violation contains {"msg": "never"} if {
	some i in numbers.range(1, 1000000)
	some j in numbers.range(1, 1000000)
	i + j == -1
}`)
}

// passing is an ordinary policy that somebody adds and removes.
func passing(n int) *policy.Policy {
	return userPolicy(fmt.Sprintf("added-%04d", n), fmt.Sprintf(`violation contains {"msg": msg, "details": {"field": "metadata.labels"}} if {
	some key, value in input.review.object.metadata.labels
	startswith(key, "forbidden-%[1]d.example/")
	not value in input.parameters.allowed
	msg := sprintf("the label %%v is forbidden", [key])
}

violation contains {"msg": "too many rules"} if count(input.review.object.spec.rules) > %[1]d + 1000`, n))
}

func userPolicy(id, rules string) *policy.Policy {
	return &policy.Policy{
		ID: id, Kind: policy.Validation, RegoVersion: v1alpha1.RegoV1, OnError: v1alpha1.OnErrorAllow, Timeout: policy.DefaultTimeout,
		Modules:    []policy.Module{{Name: id + ".rego", Source: "package user\n\n" + rules}},
		Parameters: map[string]any{"allowed": []any{"yes"}},
	}
}

// disturbed is Tollgate's baseline, while all around it changes.
type disturbed struct {
	*judging
	ours     *ours
	policies []*policy.Policy
	objects  []json.RawMessage
}

// Disturb adds the looping policy, and then adds and removes policies and
// writes objects. It returns when the engine has had time to find out about the
// looping policy.
func (d *disturbed) Disturb(ctx context.Context) (func() error, error) {
	with := append(d.policies[:len(d.policies):len(d.policies)], looping())
	if err := errors.Join(d.ours.engine.UsePolicies(ctx, with)...); err != nil {
		return nil, err
	}
	if err := d.settle(ctx); err != nil {
		return nil, err
	}
	ctx, stop := context.WithCancel(ctx)
	var wg sync.WaitGroup
	var changing, writing error
	wg.Go(func() { changing = d.changePolicies(ctx, with) })
	wg.Go(func() { writing = d.write(ctx) })
	return func() error {
		stop()
		wg.Wait()
		restored := errors.Join(d.ours.engine.UsePolicies(context.WithoutCancel(ctx), d.policies)...)
		return errors.Join(changing, writing, restored)
	}, nil
}

// settle reviews until nobody waits for the looping policy any more: it is given
// up for an organization after three timeouts, and for all after those of three.
func (d *disturbed) settle(ctx context.Context) error {
	for late := true; late; {
		late = false
		for i := range d.requests {
			began := time.Now()
			if _, err := d.Judge(ctx, i); err != nil && !errors.Is(err, turn.ErrOutOfTime) {
				return err
			}
			late = late || time.Since(began) > policy.DefaultTimeout/2
			if err := ctx.Err(); err != nil {
				return err
			}
		}
	}
	return nil
}

func (d *disturbed) changePolicies(ctx context.Context, base []*policy.Policy) error {
	ticker := time.NewTicker(policyChange)
	defer ticker.Stop()
	for n := 0; ; n++ {
		select {
		case <-ctx.Done():
			return nil
		case <-ticker.C:
		}
		policies := base
		if n%2 == 0 {
			policies = append(base[:len(base):len(base)], passing(n))
		}
		if err := errors.Join(d.ours.engine.UsePolicies(ctx, policies)...); err != nil && ctx.Err() == nil {
			return fmt.Errorf("changing policies: %w", err)
		}
	}
}

// write changes objects that exist, one after the other.
func (d *disturbed) write(ctx context.Context) error {
	puts, changes := time.NewTicker(objectWrite), time.NewTicker(inventoryChange)
	defer puts.Stop()
	defer changes.Stop()
	for n := 0; ; {
		select {
		case <-ctx.Done():
			return nil
		case <-changes.C:
			d.ours.engine.UseInventory(d.ours.builder.Build())
		case <-puts.C:
			var u unstructured.Unstructured
			if err := json.Unmarshal(d.objects[len(d.objects)-1-n%len(d.objects)/2], &u); err != nil {
				return fmt.Errorf("decoding an object: %w", err)
			}
			n++
			u.SetLabels(map[string]string{"written": fmt.Sprint(n)})
			u.SetResourceVersion(fmt.Sprint(200_000 + n))
			if u.GetKind() == "Ingress" { // one that moves to another path
				rules, _, _ := unstructured.NestedSlice(u.Object, "spec", "rules")
				for _, rule := range rules {
					_ = unstructured.SetNestedField(rule.(object), []any{object{
						"path": fmt.Sprintf("/v%d", n), "pathType": "Prefix",
						"backend": object{"service": object{"name": u.GetName(), "port": object{"number": int64(8080)}}},
					}}, "http", "paths")
				}
				_ = unstructured.SetNestedSlice(u.Object, rules, "spec", "rules")
			}
			d.ours.builder.Put(&u)
		}
	}
}
