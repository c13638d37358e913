package main

import (
	"context"
	"encoding/json"
	"fmt"

	admissionv1 "k8s.io/api/admission/v1"
	admissionregistrationv1 "k8s.io/api/admissionregistration/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apiserver/pkg/admission"
	"k8s.io/apiserver/pkg/admission/plugin/cel"
	"k8s.io/apiserver/pkg/admission/plugin/policy/validating"
	"k8s.io/apiserver/pkg/admission/plugin/webhook/predicates/rules"
	celconfig "k8s.io/apiserver/pkg/apis/cel"
	"k8s.io/apiserver/pkg/authentication/user"
	"k8s.io/apiserver/pkg/cel/environment"

	"tollgate.dev/tollgate/test/bench/admission/turn"
)

// expressions are ValidatingAdmissionPolicies, compiled and evaluated by the API
// server's own packages.
type expressions []expression

type expression struct {
	name      string
	rules     []admissionregistrationv1.NamedRuleWithOperations
	validator validating.Validator
}

func newExpressions(policies []json.RawMessage) (expressions, error) {
	var all expressions
	for _, raw := range policies {
		var policy admissionregistrationv1.ValidatingAdmissionPolicy
		if err := json.Unmarshal(raw, &policy); err != nil {
			return nil, fmt.Errorf("decoding a policy: %w", err)
		}
		e, err := compileExpression(&policy)
		if err != nil {
			return nil, fmt.Errorf("compiling %s: %w", policy.Name, err)
		}
		all = append(all, e)
	}
	return all, nil
}

func compileExpression(policy *admissionregistrationv1.ValidatingAdmissionPolicy) (expression, error) {
	compiler, err := cel.NewCompositedCompiler(environment.MustBaseEnvSet(environment.DefaultCompatibilityVersion()))
	if err != nil {
		return expression{}, err
	}
	var declared cel.OptionalVariableDeclarations
	var variables []cel.NamedExpressionAccessor
	for _, v := range policy.Spec.Variables {
		variables = append(variables, &validating.Variable{Name: v.Name, Expression: v.Expression})
	}
	compiler.CompileAndStoreVariables(variables, declared, environment.StoredExpressions)
	var validations []cel.ExpressionAccessor
	for _, v := range policy.Spec.Validations {
		validations = append(validations, &validating.ValidationCondition{Expression: v.Expression, Message: v.Message, Reason: v.Reason})
	}
	compiled := compiler.CompileCondition(validations, declared, environment.StoredExpressions)
	for _, err := range compiled.CompilationErrors() {
		return expression{}, err
	}
	none := compiler.CompileCondition(nil, declared, environment.StoredExpressions)
	return expression{
		name:      policy.Name,
		rules:     policy.Spec.MatchConstraints.ResourceRules,
		validator: validating.NewValidator(compiled, nil, none, none, nil, nil),
	}, nil
}

// judge decodes the object once, as every engine here starts from JSON; the API
// server itself would have it decoded already.
func (all expressions) judge(ctx context.Context, req *admissionv1.AdmissionRequest) ([]turn.Finding, error) {
	attributes, err := attributesOf(req)
	if err != nil {
		return nil, err
	}
	var found []turn.Finding
	for _, e := range all {
		if !e.matches(attributes) {
			continue
		}
		result := e.validator.Validate(ctx, schema.GroupVersionResource(req.Resource), attributes, nil, nil, celconfig.RuntimeCELCostBudget, nil)
		for _, d := range result.Decisions {
			if d.Evaluation == validating.EvalError {
				return nil, fmt.Errorf("policy %s: %s", e.name, d.Message)
			}
			if d.Action == validating.ActionDeny {
				found = append(found, turn.Finding{Policy: e.name, Message: d.Message})
			}
		}
	}
	return found, nil
}

func (e expression) matches(attributes *admission.VersionedAttributes) bool {
	for _, r := range e.rules {
		matcher := rules.Matcher{Rule: r.RuleWithOperations, Attr: attributes}
		if matcher.Matches() {
			return true
		}
	}
	return false
}

func attributesOf(req *admissionv1.AdmissionRequest) (*admission.VersionedAttributes, error) {
	object, err := decodeObject(req.Object.Raw)
	if err != nil {
		return nil, err
	}
	old, err := decodeObject(req.OldObject.Raw)
	if err != nil {
		return nil, err
	}
	kind := schema.GroupVersionKind(req.Kind)
	attributes := &admission.VersionedAttributes{
		Attributes: admission.NewAttributesRecord(nil, nil, kind, req.Namespace, req.Name, schema.GroupVersionResource(req.Resource),
			req.SubResource, admission.Operation(req.Operation), nil, false,
			&user.DefaultInfo{Name: req.UserInfo.Username, UID: req.UserInfo.UID, Groups: req.UserInfo.Groups}),
		VersionedKind: kind,
	}
	if object != nil {
		attributes.VersionedObject.Set(object)
	}
	if old != nil {
		attributes.VersionedOldObject.Set(old)
	}
	return attributes, nil
}

func decodeObject(raw []byte) (*unstructured.Unstructured, error) {
	if raw == nil {
		return nil, nil
	}
	var o unstructured.Unstructured
	if err := o.UnmarshalJSON(raw); err != nil {
		return nil, fmt.Errorf("decoding an object: %w", err)
	}
	return &o, nil
}
