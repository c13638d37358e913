package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log"
	"os"
	"os/signal"
	"slices"
	"syscall"

	"github.com/go-logr/logr"
	policiesv1beta1 "github.com/kyverno/api/api/policies.kyverno.io/v1beta1"
	celengine "github.com/kyverno/kyverno/pkg/cel/engine"
	"github.com/kyverno/kyverno/pkg/cel/libs"
	"github.com/kyverno/kyverno/pkg/cel/matching"
	vpolcompiler "github.com/kyverno/kyverno/pkg/cel/policies/vpol/compiler"
	vpolengine "github.com/kyverno/kyverno/pkg/cel/policies/vpol/engine"
	engineapi "github.com/kyverno/kyverno/pkg/engine/api"
	admissionv1 "k8s.io/api/admission/v1"
	admissionregistrationv1 "k8s.io/api/admissionregistration/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/klog/v2"
	ctrl "sigs.k8s.io/controller-runtime"

	"tollgate.dev/tollgate/test/bench/admission/turn"
)

func main() {
	log.SetOutput(io.Discard)
	klog.SetLogger(logr.Discard())
	ctrl.SetLogger(logr.Discard())
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := turn.Serve(ctx, os.Stdin, os.Stdout, newEngine); err != nil {
		fmt.Fprintln(os.Stderr, "kyverno:", err)
		os.Exit(1)
	}
}

// engine is Kyverno's, called as its webhook does.
type engine struct {
	engine  vpolengine.Engine
	context libs.Context
	reviews []*admissionv1.AdmissionRequest
}

func newEngine(_ context.Context, work *turn.Work) (turn.Engine, error) {
	library, err := newLibrary(work.Objects)
	if err != nil {
		return nil, err
	}
	libs.LibraryContext = library // the compiler binds policies to it
	policies, err := policiesOf(work.Policies, library)
	if err != nil {
		return nil, err
	}
	provider, err := vpolengine.NewProvider(vpolcompiler.NewCompiler(), policies, nil)
	if err != nil {
		return nil, err
	}
	e := &engine{
		engine:  vpolengine.NewEngine(provider, library.namespace, matching.NewMatcher()),
		context: library,
	}
	for i, raw := range work.Reviews {
		var review admissionv1.AdmissionReview
		if err := json.Unmarshal(raw, &review); err != nil {
			return nil, fmt.Errorf("decoding review %d: %w", i, err)
		}
		e.reviews = append(e.reviews, review.Request)
	}
	return e, nil
}

// variablesName is a policy that only lends its variables to all others.
const variablesName = "variables"

// policiesOf makes ValidatingPolicies of ValidatingAdmissionPolicies, the same
// expressions, and adds global context entries to the library.
func policiesOf(documents []json.RawMessage, library *library) ([]policiesv1beta1.ValidatingPolicyLike, error) {
	var policies []policiesv1beta1.ValidatingPolicyLike
	var shared []admissionregistrationv1.Variable
	for _, raw := range documents {
		var vap admissionregistrationv1.ValidatingAdmissionPolicy
		if err := json.Unmarshal(raw, &vap); err != nil {
			return nil, fmt.Errorf("decoding a policy: %w", err)
		}
		switch {
		case vap.Kind == "GlobalContextEntry":
			if err := library.add(raw); err != nil {
				return nil, err
			}
		case vap.Name == variablesName:
			shared = vap.Spec.Variables
		default:
			policies = append(policies, policyOf(&vap, shared))
		}
	}
	return policies, nil
}

func policyOf(vap *admissionregistrationv1.ValidatingAdmissionPolicy, shared []admissionregistrationv1.Variable) policiesv1beta1.ValidatingPolicyLike {
	return &policiesv1beta1.ValidatingPolicy{
		TypeMeta:   metav1.TypeMeta{APIVersion: "policies.kyverno.io/v1beta1", Kind: "ValidatingPolicy"},
		ObjectMeta: vap.ObjectMeta,
		Spec: policiesv1beta1.ValidatingPolicySpec{
			MatchConstraints: vap.Spec.MatchConstraints,
			MatchConditions:  vap.Spec.MatchConditions,
			Variables:        slices.Concat(shared, vap.Spec.Variables),
			Validations:      vap.Spec.Validations,
			ValidationAction: []admissionregistrationv1.ValidationAction{admissionregistrationv1.Deny},
		},
	}
}

// Judge judges a review that was decoded before.
func (e *engine) Judge(ctx context.Context, review int) ([]turn.Finding, error) {
	return e.judge(ctx, e.reviews[review])
}

func (e *engine) judge(ctx context.Context, req *admissionv1.AdmissionRequest) ([]turn.Finding, error) {
	answer, err := e.engine.Handle(ctx, celengine.RequestFromAdmission(e.context, *req), nil)
	if err != nil {
		return nil, fmt.Errorf("judging: %w", err)
	}
	var found []turn.Finding
	for _, policy := range answer.Policies {
		for _, rule := range policy.Rules {
			switch rule.Status() {
			case engineapi.RuleStatusFail:
				found = append(found, turn.Finding{Policy: policy.Policy.GetName(), Message: rule.Message()})
			case engineapi.RuleStatusError:
				return nil, fmt.Errorf("policy %s: %s", policy.Policy.GetName(), rule.Message())
			}
		}
	}
	return found, nil
}

// Answer judges a whole AdmissionReview.
func (e *engine) Answer(ctx context.Context, body []byte) ([]byte, error) {
	var review admissionv1.AdmissionReview
	if err := json.Unmarshal(body, &review); err != nil {
		return nil, fmt.Errorf("decoding a review: %w", err)
	}
	found, err := e.judge(ctx, review.Request)
	if err != nil {
		return nil, err
	}
	response := &admissionv1.AdmissionResponse{UID: review.Request.UID, Allowed: len(found) == 0}
	if len(found) > 0 {
		response.Result = &metav1.Status{Message: found[0].Message}
	}
	review.Request, review.Response = nil, response
	return json.Marshal(&review)
}
