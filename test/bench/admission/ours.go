package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	admissionv1 "k8s.io/api/admission/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"tollgate.dev/tollgate/apis/tollgate/v1alpha1"
	"tollgate.dev/tollgate/rego/admission"
	"tollgate.dev/tollgate/rego/baseline"
	"tollgate.dev/tollgate/rego/engine"
	"tollgate.dev/tollgate/rego/gatekeeper"
	"tollgate.dev/tollgate/rego/inventory"
	"tollgate.dev/tollgate/rego/policy"
	"tollgate.dev/tollgate/rego/settings"
	"tollgate.dev/tollgate/test/bench/admission/turn"
)

// ours is Tollgate: the pipeline that the webhook calls, with who the requester
// is and what the refusal says.
type ours struct {
	engine  *engine.Engine
	builder *inventory.Builder
	judge   *admission.Judge
}

// newOurs puts policies in force over the objects that exist.
func newOurs(ctx context.Context, policies []*policy.Policy, s *settings.Settings, objects []json.RawMessage) (*ours, error) {
	o := &ours{engine: engine.New(engine.Options{}), builder: inventory.NewBuilder(s)}
	o.judge = admission.New(o.engine, admission.Options{Point: engine.Webhook, Settings: s})
	var whole []v1alpha1.InventoryKind
	for _, p := range policies {
		whole = append(whole, p.Inventory...)
	}
	o.builder.Whole(whole)
	for _, raw := range objects {
		var u unstructured.Unstructured
		if err := json.Unmarshal(raw, &u); err != nil {
			return nil, fmt.Errorf("decoding an object: %w", err)
		}
		o.builder.Put(&u)
	}
	o.engine.UseInventory(o.builder.Build())
	if err := errors.Join(o.engine.UsePolicies(ctx, policies)...); err != nil {
		return nil, fmt.Errorf("putting policies in force: %w", err)
	}
	return o, nil
}

func (o *ours) review(ctx context.Context, req *admissionv1.AdmissionRequest) ([]turn.Finding, error) {
	response, verdict := o.judge.Validate(ctx, req)
	if response.Allowed != verdict.Allowed() {
		return nil, fmt.Errorf("refused without a verdict: %s", response.Result.Message)
	}
	var found []turn.Finding
	for _, v := range verdict.Violations {
		if v.Policy == loopingID {
			continue // it is there to be in the way
		}
		if v.Failure && strings.Contains(v.Message, "did not finish") {
			return nil, fmt.Errorf("%w: %s", turn.ErrOutOfTime, v.Message)
		}
		if v.Failure {
			return nil, fmt.Errorf("policy %s: %s", v.Policy, v.Message)
		}
		found = append(found, turn.Finding{Policy: v.Policy, Message: v.Message})
	}
	return found, nil
}

// newOursFromTemplates runs Gatekeeper's templates, imported as `tollgate
// policies import` does.
func newOursFromTemplates(ctx context.Context, w *turn.Work) (turn.Engine, error) {
	o, err := oursFromTemplates(ctx, w)
	if err != nil {
		return nil, err
	}
	return newJudging(o.review, w.Reviews)
}

func oursFromTemplates(ctx context.Context, w *turn.Work) (*ours, error) {
	policies, err := importTemplates(w.Policies)
	if err != nil {
		return nil, err
	}
	return newOurs(ctx, policies, settings.Default(), w.Objects)
}

// importTemplates makes policies of templates and their constraints.
func importTemplates(documents []json.RawMessage) ([]*policy.Policy, error) {
	var objects []*unstructured.Unstructured
	for _, raw := range documents {
		var u unstructured.Unstructured
		if err := json.Unmarshal(raw, &u); err != nil {
			return nil, fmt.Errorf("decoding a template or constraint: %w", err)
		}
		objects = append(objects, &u)
	}
	imported, err := gatekeeper.Import(objects, gatekeeper.Options{})
	if err != nil {
		return nil, fmt.Errorf("importing templates: %w", err)
	}
	var policies []*policy.Policy
	for _, i := range imported {
		p, err := policy.FromObject(i.Policy)
		if err != nil {
			return nil, err
		}
		policies = append(policies, p)
	}
	return policies, nil
}

// newOursFromBaseline runs the policies that come with Tollgate.
func newOursFromBaseline(ctx context.Context, w *turn.Work) (turn.Engine, error) {
	policies, err := baseline.Policies()
	if err != nil {
		return nil, err
	}
	o, err := newOurs(ctx, policies, benchSettings(), w.Objects)
	if err != nil {
		return nil, err
	}
	j, err := newJudging(o.review, w.Reviews)
	if err != nil {
		return nil, err
	}
	return &disturbed{judging: j, ours: o, policies: policies, objects: w.Objects}, nil
}
