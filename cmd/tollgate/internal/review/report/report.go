package report

import (
	"cmp"
	"strings"

	"tollgate.dev/tollgate/apis/tollgate/v1alpha1"
)

// Outcome of one object.
type Outcome string

// The outcomes, from the best to the worst.
const (
	// Unjudged: no policy applies to the object.
	Unjudged Outcome = "Unjudged"
	// NotAsked: a cluster does not ask the webhook about it, so that no policy is
	// asked either.
	NotAsked Outcome = "NotAsked"
	// Pass: policies apply and hold nothing against it.
	Pass Outcome = "Pass"
	// Warn: something is held against it that does not refuse it.
	Warn Outcome = "Warn"
	// Deny: at least one policy refuses it.
	Deny Outcome = "Deny"
	// Invalid: the API server would refuse it before any policy is asked, or a
	// policy failed on it.
	Invalid Outcome = "Invalid"
)

// Report is what one run found.
type Report struct {
	// Results are the objects, in the order of the input.
	Results []Result `json:"results"`
	// Problems are inputs that could not be read.
	Problems []Problem `json:"problems"`
}

// Object names one object.
type Object struct {
	APIVersion string `json:"apiVersion"`
	Kind       string `json:"kind"`
	Namespace  string `json:"namespace,omitempty"`
	Name       string `json:"name"`
}

// String is the object as in "Ingress acme-web/shop".
func (o Object) String() string {
	if o.Namespace == "" {
		return o.Kind + " " + o.Name
	}
	return o.Kind + " " + o.Namespace + "/" + o.Name
}

// Result is the verdict on one object.
type Result struct {
	// File as it was named or found, - for stdin; Line from 1.
	File string `json:"file"`
	Line int    `json:"line"`
	// Object and Operation are what was judged.
	Object    Object `json:"object"`
	Operation string `json:"operation"`
	// Outcome is the worst of what was found.
	Outcome Outcome `json:"outcome"`
	// Findings are what policies hold against the object, sorted by policy,
	// field and message.
	Findings []Finding `json:"findings"`
	// Errors are why the object is Invalid.
	Errors []FieldError `json:"errors,omitempty"`
	// Warnings are the API server's own, such as an unknown field.
	Warnings []string `json:"warnings,omitempty"`
	// Patches are what mutation would change, as JSON patch operations.
	Patches []Patch `json:"patches,omitempty"`
	// NotAsked is why a cluster does not ask the webhook about the object, when its
	// outcome is NotAsked.
	NotAsked *Unasked `json:"notAsked,omitempty"`
	// Refusal is the message with which the webhook would refuse the object.
	Refusal string `json:"refusal,omitempty"`
}

// Unasked is why a cluster does not ask the webhook about an object.
type Unasked struct {
	// Webhook of the configurations whose rules cover the object; "" when none has
	// a rule for the operation.
	Webhook string `json:"webhook,omitempty"`
	// Condition is the name of its match condition that is not met; "" when it is a
	// selector's doing.
	Condition string `json:"condition,omitempty"`
	// Reason says it in words.
	Reason string `json:"reason"`
}

// Place is where a field stands in the file of its result.
type Place struct {
	Field  string `json:"field,omitempty"`
	Line   int    `json:"line"`
	Column int    `json:"column,omitempty"`
	// Value is what the file has there, "" when it is no scalar or not there.
	Value string `json:"value,omitempty"`
}

// Finding is what one policy holds against an object.
type Finding struct {
	Place
	Policy   string                `json:"policy"`
	Title    string                `json:"title,omitempty"`
	Severity v1alpha1.Severity     `json:"severity,omitempty"`
	Action   v1alpha1.PolicyAction `json:"action"`
	Message  string                `json:"message"`
	Remedy   string                `json:"remedy,omitempty"`
	Details  map[string]any        `json:"details,omitempty"`
	// Failure: the policy did not judge, it failed.
	Failure bool `json:"failure,omitempty"`
	// Rule is the rule that fired, when an explanation was asked for.
	Rule *Rule `json:"rule,omitempty"`
}

// Rule is a place in a policy.
type Rule struct {
	File string `json:"file"`
	Line int    `json:"line"`
	// Text is the rule's first line.
	Text string `json:"text"`
}

// FieldError is why the API server would refuse an object.
type FieldError struct {
	Place
	Message string `json:"message"`
}

// Patch is one operation of RFC 6902.
type Patch struct {
	Op    string `json:"op"`
	Path  string `json:"path"`
	Value any    `json:"value,omitempty"`
}

// Problem is an input that could not be read or used.
type Problem struct {
	File    string `json:"file,omitempty"`
	Line    int    `json:"line,omitempty"`
	Message string `json:"message"`
}

// Settle computes the result's outcome of what was found. judged is whether any
// policy applies to the object.
func (r *Result) Settle(judged bool) {
	r.Outcome = Unjudged
	if judged {
		r.Outcome = Pass
	}
	if r.NotAsked != nil {
		r.Outcome = NotAsked
	}
	for _, f := range r.Findings {
		switch {
		case f.Failure && f.Action == v1alpha1.PolicyDeny:
			r.Outcome = Invalid
			return
		case f.Action == v1alpha1.PolicyDeny:
			r.Outcome = Deny
		case r.Outcome != Deny && (f.Action == v1alpha1.PolicyWarn || f.Failure):
			r.Outcome = Warn
		}
	}
	if len(r.Errors) > 0 {
		r.Outcome = Invalid
	}
}

// Summary counts a report's results.
type Summary struct {
	Objects  int `json:"objects"`
	Passed   int `json:"passed"`
	Warned   int `json:"warned"`
	Denied   int `json:"denied"`
	Invalid  int `json:"invalid"`
	Unjudged int `json:"unjudged"`
	NotAsked int `json:"notAsked"`
	Problems int `json:"problems"`
}

// Summary of the report.
func (r *Report) Summary() Summary {
	s := Summary{Objects: len(r.Results), Problems: len(r.Problems)}
	for i := range r.Results {
		switch r.Results[i].Outcome {
		case Pass:
			s.Passed++
		case Warn:
			s.Warned++
		case Deny:
			s.Denied++
		case Invalid:
			s.Invalid++
		case Unjudged:
			s.Unjudged++
		case NotAsked:
			s.NotAsked++
		}
	}
	return s
}

// Judged says whether any object was judged.
func (s Summary) Judged() bool { return s.Passed+s.Warned+s.Denied > 0 }

// Bad says whether any input was bad or any policy failed.
func (s Summary) Bad() bool { return s.Invalid+s.Problems > 0 }

// errorText is a field error as the API server words it.
func (e *FieldError) text() string {
	if e.Field == "" || strings.HasPrefix(e.Message, e.Field) {
		return e.Message
	}
	return e.Field + ": " + e.Message
}

// unasked is why no webhook is asked about the result's object.
func (r *Result) unasked() string { return "the webhook is not asked: " + r.NotAsked.Reason }

// name is the file as shown to people.
func name(file string) string {
	if file == "-" {
		return "stdin"
	}
	return file
}

func (f *Finding) line(r *Result) int { return cmp.Or(f.Line, r.Line) }
