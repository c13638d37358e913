package admission

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	admissionv1 "k8s.io/api/admission/v1"

	"tollgate.dev/tollgate/apis/tollgate/v1alpha1"
	"tollgate.dev/tollgate/rego/engine"
	"tollgate.dev/tollgate/rego/policy"
)

// policyID stands in Violation.Policy for what is wrong with an AdmissionPolicy.
const policyID = "admissionpolicy"

// ofPolicy judges an AdmissionPolicy itself: it must compile, and may not take
// the place of a policy of the baseline. Nil for every other request.
func ofPolicy(req *admissionv1.AdmissionRequest, policies func() []*policy.Policy) []engine.Violation {
	if req.Kind.Group != v1alpha1.GroupName || req.Kind.Kind != "AdmissionPolicy" || req.SubResource != "" || req.Operation == admissionv1.Delete {
		return nil
	}
	wrong := func(field, message, remedy string) engine.Violation {
		return engine.Violation{
			Policy: policyID, Title: "An AdmissionPolicy can be put in force", Severity: v1alpha1.SeverityHigh,
			Action: v1alpha1.PolicyDeny, Field: field, Message: message, Remedy: remedy,
		}
	}
	inForce := policies()
	var obj v1alpha1.AdmissionPolicy
	if err := json.Unmarshal(req.Object.Raw, &obj); err != nil {
		return []engine.Violation{wrong("", fmt.Sprintf("it cannot be read: %v", err), "Correct the object.")}
	}
	if obj.DeletionTimestamp != nil { // on its way out, and its finalizers must be able to go
		return nil
	}
	if obj.Name == "" { // generateName: the server has not drawn it yet
		obj.Name = strings.TrimSuffix(obj.GenerateName, "-")
	}
	var found []engine.Violation
	if slices.ContainsFunc(inForce, func(p *policy.Policy) bool { return p.Baseline && p.ID == obj.Name }) {
		found = append(found, wrong("metadata.name", fmt.Sprintf("%s is a policy that Tollgate brings", obj.Name), "Choose another name; Tollgate's policies are changed in its settings."))
	}
	if kinds := unasked(obj.Spec.Match.Kinds, inForce); len(kinds) > 0 {
		warning := wrong("spec.match.kinds", fmt.Sprintf("Tollgate's webhook is not asked about %s, so at admission the policy is not in force for them", strings.Join(kinds, ", ")),
			"Add them to the rules of the webhook configurations, if that is meant.")
		warning.Action = v1alpha1.PolicyWarn
		found = append(found, warning)
	}
	p, err := policy.FromObject(&obj)
	if err == nil {
		err = policy.Check(p)
	}
	for _, message := range messages(err) {
		found = append(found, wrong(fieldOf(message, p), message, "Correct the policy and apply it again; until then nothing changes."))
	}
	return found
}

// unasked are the kinds of a match block that no policy of the baseline judges.
// The webhook's configurations ask about the baseline's kinds, and a test holds
// them to it.
func unasked(blocks []v1alpha1.MatchKinds, inForce []*policy.Policy) []string {
	asked := map[[2]string]bool{}
	for _, p := range inForce {
		if !p.Baseline {
			continue
		}
		for _, block := range p.Match.Kinds {
			for _, group := range block.APIGroups {
				for _, kind := range block.Kinds {
					asked[[2]string{group, kind}] = true
				}
			}
		}
	}
	if len(asked) == 0 { // no baseline, as in tests: nothing is known
		return nil
	}
	var out []string
	for _, block := range blocks {
		for _, kind := range block.Kinds {
			known := kind == "*" || slices.ContainsFunc(block.APIGroups, func(group string) bool { return group == "*" || asked[[2]string{group, kind}] })
			if !known && !slices.Contains(out, kind) {
				out = append(out, kind)
			}
		}
	}
	return out
}

// messages splits an error of Check into what stands for itself.
func messages(err error) []string {
	if err == nil {
		return nil
	}
	if joined, ok := err.(interface{ Unwrap() []error }); ok {
		var all []string
		for _, one := range joined.Unwrap() {
			all = append(all, messages(one)...)
		}
		return all
	}
	var several policy.Errors
	if errors.As(err, &several) {
		var all []string
		for i := range several {
			all = append(all, several[i:i+1].Error())
		}
		return all[:min(len(all), maxLines)]
	}
	return []string{err.Error()}
}

// fieldOf is the field that a message with a position speaks of.
func fieldOf(message string, p *policy.Policy) string {
	if p == nil {
		return "spec.parameters"
	}
	for i, lib := range p.Libs {
		if strings.HasPrefix(message, lib.Name+":") {
			return fmt.Sprintf("spec.libs[%d]", i)
		}
	}
	for _, m := range p.Modules {
		if strings.HasPrefix(message, m.Name+":") {
			return "spec.rego"
		}
	}
	return "spec"
}
