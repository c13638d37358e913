package engine

import (
	"cmp"

	admissionv1 "k8s.io/api/admission/v1"

	"tollgate.dev/tollgate/apis/tollgate/v1alpha1"
	"tollgate.dev/tollgate/rego/policy"
	"tollgate.dev/tollgate/rego/subject"
)

// Point is where a verdict is asked for; it selects the policies' enforcement.
type Point string

// The points.
const (
	// Webhook is admission in the cluster.
	Webhook Point = "Webhook"
	// Review is `tollgate review`.
	Review Point = "Review"
	// Audit judges what exists; it has the webhook's enforcement.
	Audit Point = "Audit"
)

// Violation is one thing that one policy holds against a review.
type Violation struct {
	// Policy is its id, such as wasmplugin-tenants.
	Policy string
	// Title and Severity are the policy's.
	Title    string
	Severity v1alpha1.Severity
	// Action at the point that was asked for.
	Action v1alpha1.PolicyAction
	// Message is a sentence or two for a person.
	Message string
	// Field such as spec.rules[0].host; empty when the whole object is meant.
	Field string
	// Remedy says what to do next.
	Remedy string
	// Details are the rest of what the policy gave, as JSON.
	Details map[string]any
	// Failure: the policy did not judge; it failed or ran out of time.
	Failure bool
}

// Verdict is what all policies hold against a review: sorted by policy, field
// and message, without duplicates.
type Verdict struct {
	Violations []Violation
}

// Allowed says that nothing denies.
func (v Verdict) Allowed() bool { return len(v.With(v1alpha1.PolicyDeny)) == 0 }

// With returns the violations with an action.
func (v Verdict) With(action v1alpha1.PolicyAction) []Violation {
	var out []Violation
	for _, violation := range v.Violations {
		if violation.Action == action {
			out = append(out, violation)
		}
	}
	return out
}

// Patch is one operation of RFC 6902.
type Patch struct {
	Op    string `json:"op"`
	Path  string `json:"path"`
	Value any    `json:"value,omitempty"` // nil for remove
}

// Input is one review. Make it with NewInput, which converts the review once;
// a literal is converted when it is judged. Nobody may write to the request then.
type Input struct {
	Request *admissionv1.AdmissionRequest
	Subject subject.Subject

	converted *converted
	// reads notes what is read when not nil.
	reads *Reads
}

// action is what a violation of a policy does at a point.
func action(p *policy.Policy, point Point) v1alpha1.PolicyAction {
	if point == Review {
		return cmp.Or(p.Enforcement.Review, v1alpha1.PolicyDeny)
	}
	return cmp.Or(p.Enforcement.Webhook, v1alpha1.PolicyDeny)
}

// failureAction is what a failure of a policy does at a point: never more than
// its violation would.
func failureAction(p *policy.Policy, point Point) v1alpha1.PolicyAction {
	a := action(p, point)
	if a == v1alpha1.PolicyDeny && p.OnError == v1alpha1.OnErrorAllow {
		return v1alpha1.PolicyWarn
	}
	return a
}
