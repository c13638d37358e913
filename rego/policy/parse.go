package policy

import (
	"encoding/json"
	"fmt"
	"regexp"
	"strings"
	"time"

	"github.com/open-policy-agent/opa/v1/ast"
	"sigs.k8s.io/yaml"

	"tollgate.dev/tollgate/apis/tollgate/v1alpha1"
)

var idPattern = regexp.MustCompile(`^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$`)

// metadata is the `custom` block of a baseline file's annotations.
type metadata struct {
	ID          string                     `json:"id"`
	Kind        Kind                       `json:"kind"`
	Severity    v1alpha1.Severity          `json:"severity"`
	Remedy      string                     `json:"remedy"`
	Match       v1alpha1.PolicyMatch       `json:"match"`
	Parameters  map[string]any             `json:"parameters"`
	Inventory   []v1alpha1.InventoryKind   `json:"inventory"`
	Referential bool                       `json:"referential"`
	Enforcement v1alpha1.PolicyEnforcement `json:"enforcement"`
	OnError     v1alpha1.OnError           `json:"onError"`
	Timeout     string                     `json:"timeout"`
}

// Parse reads a policy of the baseline: one Rego v1 file whose package carries
// a METADATA comment with title, description and the custom block documented in
// docs. libs are the modules it may import. The file name is the one that
// messages show. Errors name the file and what is wrong in it.
func Parse(file, source string, libs ...Module) (*Policy, error) {
	module, err := ast.ParseModuleWithOpts(file, source, ast.ParserOptions{
		RegoVersion:       ast.RegoV1,
		ProcessAnnotation: true,
	})
	if err != nil {
		return nil, fmt.Errorf("parsing %s: %w", file, withPositions(err))
	}
	var notes *ast.Annotations
	for _, a := range module.Annotations {
		if a.Scope == "package" {
			notes = a
		}
	}
	if notes == nil {
		return nil, fmt.Errorf("reading %s: its package has no METADATA comment; write one directly above the package", file)
	}
	meta, err := readMetadata(notes.Custom)
	if err != nil {
		return nil, fmt.Errorf("reading the METADATA comment of %s: %w", file, err)
	}
	timeout := BaselineTimeout
	if meta.Timeout != "" {
		if timeout, err = time.ParseDuration(meta.Timeout); err != nil || timeout <= 0 {
			return nil, fmt.Errorf("reading the METADATA comment of %s: custom.timeout %q is no positive duration", file, meta.Timeout)
		}
	}
	switch {
	case !idPattern.MatchString(meta.ID):
		return nil, fmt.Errorf("reading the METADATA comment of %s: custom.id %q is no DNS label", file, meta.ID)
	case notes.Title == "" || notes.Description == "" || (meta.Remedy == "" && meta.Kind != Mutation):
		return nil, fmt.Errorf("reading the METADATA comment of %s: title, description and custom.remedy must be given", file)
	case meta.Kind != "" && meta.Kind != Validation && meta.Kind != Mutation:
		return nil, fmt.Errorf("reading the METADATA comment of %s: custom.kind %q is neither Validation nor Mutation", file, meta.Kind)
	}
	return &Policy{
		ID:          meta.ID,
		Title:       notes.Title,
		Description: strings.TrimSpace(notes.Description),
		Severity:    orDefault(meta.Severity, v1alpha1.SeverityMedium),
		Remedy:      meta.Remedy,
		Kind:        orDefault(meta.Kind, Validation),
		Modules:     []Module{{Name: file, Source: source}},
		RegoVersion: v1alpha1.RegoV1,
		Libs:        libs,
		Match:       meta.Match,
		Parameters:  meta.Parameters,
		Inventory:   meta.Inventory,
		Referential: meta.Referential,
		Enforcement: v1alpha1.PolicyEnforcement{
			Webhook: orDefault(meta.Enforcement.Webhook, v1alpha1.PolicyDeny),
			Review:  orDefault(meta.Enforcement.Review, v1alpha1.PolicyDeny),
		},
		OnError:  orDefault(meta.OnError, v1alpha1.OnErrorDeny),
		Timeout:  timeout,
		Baseline: true,
	}, nil
}

func readMetadata(custom map[string]any) (metadata, error) {
	var meta metadata
	raw, err := json.Marshal(custom)
	if err != nil {
		return meta, err
	}
	if err := yaml.UnmarshalStrict(raw, &meta); err != nil {
		return meta, err
	}
	for _, action := range []v1alpha1.PolicyAction{meta.Enforcement.Webhook, meta.Enforcement.Review} {
		switch action {
		case "", v1alpha1.PolicyDeny, v1alpha1.PolicyWarn, v1alpha1.PolicyDryRun:
		default:
			return meta, fmt.Errorf("custom.enforcement %q is none of Deny, Warn, DryRun", action)
		}
	}
	switch meta.Severity {
	case "", v1alpha1.SeverityLow, v1alpha1.SeverityMedium, v1alpha1.SeverityHigh, v1alpha1.SeverityCritical:
	default:
		return meta, fmt.Errorf("custom.severity %q is none of Low, Medium, High, Critical", meta.Severity)
	}
	switch meta.OnError {
	case "", v1alpha1.OnErrorDeny, v1alpha1.OnErrorAllow:
	default:
		return meta, fmt.Errorf("custom.onError %q is neither Deny nor Allow", meta.OnError)
	}
	return meta, nil
}
