package main

import (
	"context"
	"encoding/json"
	"fmt"

	v1 "github.com/open-policy-agent/frameworks/constraint/pkg/apis/templates/v1"
	constraintclient "github.com/open-policy-agent/frameworks/constraint/pkg/client"
	"github.com/open-policy-agent/frameworks/constraint/pkg/client/drivers/rego"
	"github.com/open-policy-agent/frameworks/constraint/pkg/client/reviews"
	"github.com/open-policy-agent/frameworks/constraint/pkg/core/templates"
	"github.com/open-policy-agent/frameworks/constraint/pkg/types"
	"github.com/open-policy-agent/gatekeeper/v3/pkg/target"
	admissionv1 "k8s.io/api/admission/v1"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"

	"tollgate.dev/tollgate/test/bench/admission/turn"
)

const webhookPoint = "validation.gatekeeper.sh"

// peer is Gatekeeper's client, called as its webhook does.
type peer struct {
	client      *constraintclient.Client
	driver      *rego.Driver
	constraints []*unstructured.Unstructured
	namespaces  map[string]*corev1.Namespace
}

func newPeer(ctx context.Context, work *turn.Work) (*peer, error) {
	driver, err := rego.New()
	if err != nil {
		return nil, fmt.Errorf("making Gatekeeper's driver: %w", err)
	}
	client, err := constraintclient.NewClient(
		constraintclient.Targets(&target.K8sValidationTarget{}), constraintclient.Driver(driver), constraintclient.EnforcementPoints(webhookPoint))
	if err != nil {
		return nil, fmt.Errorf("making Gatekeeper's client: %w", err)
	}
	g := &peer{client: client, driver: driver, namespaces: map[string]*corev1.Namespace{}}
	scheme := runtime.NewScheme()
	if err := v1.AddToScheme(scheme); err != nil {
		return nil, fmt.Errorf("making a scheme: %w", err)
	}
	for _, raw := range work.Policies {
		if err := g.add(ctx, scheme, raw); err != nil {
			return nil, err
		}
	}
	for _, raw := range work.Objects {
		var o unstructured.Unstructured
		if err := json.Unmarshal(raw, &o); err != nil {
			return nil, fmt.Errorf("decoding an object: %w", err)
		}
		if _, err := client.AddData(ctx, &o); err != nil {
			return nil, fmt.Errorf("adding %s %s: %w", o.GetKind(), o.GetName(), err)
		}
		if o.GetKind() == "Namespace" {
			var namespace corev1.Namespace
			if err := json.Unmarshal(raw, &namespace); err != nil {
				return nil, fmt.Errorf("decoding a namespace: %w", err)
			}
			g.namespaces[namespace.Name] = &namespace
		}
	}
	return g, nil
}

// add adds a template or a constraint.
func (g *peer) add(ctx context.Context, scheme *runtime.Scheme, raw json.RawMessage) error {
	var o unstructured.Unstructured
	if err := json.Unmarshal(raw, &o); err != nil {
		return fmt.Errorf("decoding a template or constraint: %w", err)
	}
	if o.GetKind() != "ConstraintTemplate" {
		g.constraints = append(g.constraints, &o)
		if _, err := g.client.AddConstraint(ctx, &o); err != nil {
			return fmt.Errorf("adding constraint %s: %w", o.GetName(), err)
		}
		return nil
	}
	var versioned v1.ConstraintTemplate
	if err := json.Unmarshal(raw, &versioned); err != nil {
		return fmt.Errorf("decoding template %s: %w", o.GetName(), err)
	}
	var template templates.ConstraintTemplate
	if err := scheme.Convert(&versioned, &template, nil); err != nil {
		return fmt.Errorf("converting template %s: %w", o.GetName(), err)
	}
	if _, err := g.client.AddTemplate(ctx, &template); err != nil {
		return fmt.Errorf("adding template %s: %w", o.GetName(), err)
	}
	return nil
}

// judge asks the client, which matches constraints, has the driver evaluate
// those that match, and sorts.
func (g *peer) judge(ctx context.Context, req *admissionv1.AdmissionRequest) ([]turn.Finding, error) {
	if req.Operation == admissionv1.Delete { // as the webhook does
		copied := *req
		copied.Object = req.OldObject
		req = &copied
	}
	review := &target.AugmentedReview{AdmissionRequest: req, Namespace: g.namespaces[req.Namespace], IsAdmission: true}
	answers, err := g.client.Review(ctx, review, reviews.EnforcementPoint(webhookPoint))
	if err != nil {
		return nil, fmt.Errorf("judging: %w", err)
	}
	return findings(answers.Results()), nil
}

// judgeByDriver asks the driver alone: every constraint is taken to match, so
// that Gatekeeper's matching, which decodes the object once per constraint,
// costs nothing.
func (g *peer) judgeByDriver(ctx context.Context, req *admissionv1.AdmissionRequest) ([]turn.Finding, error) {
	answer, err := g.driver.Query(ctx, target.Name, g.constraints, req)
	if err != nil {
		return nil, fmt.Errorf("judging: %w", err)
	}
	return findings(answer.Results), nil
}

func findings(results []*types.Result) []turn.Finding {
	var found []turn.Finding
	for _, r := range results {
		found = append(found, turn.Finding{Policy: r.Constraint.GetName(), Message: r.Msg})
	}
	return found
}
