package session

import (
	"strings"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"tollgate.dev/tollgate/apis/tollgate/v1alpha1"
	"tollgate.dev/tollgate/cmd/tollgate/internal/review/complete"
	"tollgate.dev/tollgate/cmd/tollgate/internal/review/report"
	"tollgate.dev/tollgate/rego/engine"
)

// baselineFolder is where the files of Tollgate's own policies stand.
const baselineFolder = "rego/baseline/"

// Locate turns the place of a rule into a file and line that a person can open:
// in Tollgate's source, or in the manifest of an AdmissionPolicy.
func (s *Session) Locate(f engine.Fired) *report.Rule {
	rule := &report.Rule{File: f.File, Line: f.Line, Text: f.Text}
	id, rest, ok := strings.Cut(strings.TrimSuffix(f.File, ".rego"), ".libs[")
	field := "spec.rego"
	if ok {
		field = "spec.libs[" + rest
	}
	if d := s.origin[id]; d != nil {
		rule.File, rule.Line = d.File, d.LineIn(field, f.Line)
		return rule
	}
	if p := s.inForce[id]; p != nil && !p.Baseline {
		rule.File = "AdmissionPolicy " + id + " " + field
		return rule
	}
	rule.File = baselineFolder + f.File
	return rule
}

// Reads are the kinds of which the AdmissionPolicies among objects read whole
// objects.
func Reads(c *complete.Catalog, objects []*unstructured.Unstructured) []v1alpha1.InventoryKind {
	var kinds []v1alpha1.InventoryKind
	for _, u := range objects {
		if !isPolicy(u) {
			continue
		}
		if p, err := ReadPolicy(c, u); err == nil {
			kinds = append(kinds, p.Inventory...)
		}
	}
	return kinds
}
