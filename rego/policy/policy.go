package policy

import (
	"bytes"
	"encoding/json"
	"fmt"
	"time"

	"tollgate.dev/tollgate/apis/tollgate/v1alpha1"
)

// Kind says what a policy yields.
type Kind string

// The kinds of policies.
const (
	// Validation policies yield violations.
	Validation Kind = "Validation"
	// Mutation policies yield patches.
	Mutation Kind = "Mutation"
)

// DefaultTimeout bounds one evaluation of a policy that names no timeout.
const DefaultTimeout = 500 * time.Millisecond

// BaselineTimeout bounds one evaluation of a policy of the baseline that names
// no timeout. These end in a few milliseconds; a long time keeps a node whose
// processors are taken from refusing good requests.
const BaselineTimeout = 2 * time.Second

// Module is one Rego text with the name that OPA's messages show.
type Module struct {
	Name   string
	Source string
}

// Policy is one policy, ready to compile. It is not changed once the engine has
// it.
type Policy struct {
	// ID is unique among all policies: a DNS label.
	ID          string
	Title       string
	Severity    v1alpha1.Severity
	Remedy      string
	Description string
	// Kind is Validation when empty.
	Kind Kind
	// Modules share one package, which has the rule `violation` (or, for a
	// mutation, `mutation`).
	Modules []Module
	// RegoVersion of Modules and Libs; v1 when empty.
	RegoVersion v1alpha1.RegoVersion
	// Libs may be imported by Modules. Of a baseline policy only those that are
	// imported are compiled.
	Libs []Module
	// Match says which reviews the policy sees.
	Match v1alpha1.PolicyMatch
	// Parameters are input.parameters, as decoded JSON.
	Parameters map[string]any
	// Inventory lists the kinds whose whole objects the policy reads.
	Inventory []v1alpha1.InventoryKind
	// Referential policies judge an object by others, which may have been written
	// a moment before it and not be in the inventory yet.
	Referential bool
	// Enforcement by point; Deny where empty.
	Enforcement v1alpha1.PolicyEnforcement
	// OnError says what a failure does; Deny when empty.
	OnError v1alpha1.OnError
	// Timeout of one evaluation; DefaultTimeout when 0.
	Timeout time.Duration
	// Unable says why the policy cannot judge although it compiles, such as an
	// inventory that cannot be read. It then fails as OnError says.
	Unable error
	// Baseline policies come with Tollgate: their package stays as it is
	// written, and they may read data.tollgate.lib.
	Baseline bool
}

// FromObject takes a policy from its custom resource. It applies the API's
// defaults, so objects that never went through an API server mean the same. An
// error says that the object cannot be read; whether its Rego compiles is
// Check's to say.
func FromObject(obj *v1alpha1.AdmissionPolicy) (*Policy, error) {
	spec := &obj.Spec
	p := &Policy{
		ID:          obj.Name,
		Title:       spec.Title,
		Severity:    orDefault(spec.Severity, v1alpha1.SeverityMedium),
		Remedy:      spec.Remedy,
		Kind:        Validation,
		Modules:     []Module{{Name: obj.Name + ".rego", Source: spec.Rego}},
		RegoVersion: orDefault(spec.RegoVersion, v1alpha1.RegoV1),
		Match:       *spec.Match.DeepCopy(),
		Inventory:   append([]v1alpha1.InventoryKind(nil), spec.Inventory...),
		Enforcement: v1alpha1.PolicyEnforcement{
			Webhook: orDefault(spec.Enforcement.Webhook, v1alpha1.PolicyDeny),
			Review:  orDefault(spec.Enforcement.Review, v1alpha1.PolicyDeny),
		},
		OnError: orDefault(spec.OnError, v1alpha1.OnErrorDeny),
		Timeout: DefaultTimeout,
		// What else it reads is written by others at any time.
		Referential: len(spec.Inventory) > 0,
	}
	if spec.TimeoutMilliseconds > 0 {
		p.Timeout = time.Duration(spec.TimeoutMilliseconds) * time.Millisecond
	}
	for i, source := range spec.Libs {
		p.Libs = append(p.Libs, Module{Name: fmt.Sprintf("%s.libs[%d].rego", obj.Name, i), Source: source})
	}
	if spec.Parameters != nil && len(spec.Parameters.Raw) > 0 {
		if err := decodeNumbers(spec.Parameters.Raw, &p.Parameters); err != nil {
			return nil, fmt.Errorf("reading spec.parameters of AdmissionPolicy %s: %w; parameters are a JSON object", obj.Name, err)
		}
	}
	return p, nil
}

// decodeNumbers decodes JSON and keeps the digits of numbers.
func decodeNumbers(raw []byte, into *map[string]any) error {
	d := json.NewDecoder(bytes.NewReader(raw))
	d.UseNumber()
	return d.Decode(into)
}

func orDefault[T ~string](v, d T) T {
	if v == "" {
		return d
	}
	return v
}
