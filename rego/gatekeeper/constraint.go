package gatekeeper

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	kjson "sigs.k8s.io/json"

	"tollgate.dev/tollgate/apis/tollgate/v1alpha1"
)

// readMatch takes the constraint's match block.
func readMatch(spec map[string]any) (*v1alpha1.PolicyMatch, error) {
	block, err := mapping(spec, "match")
	if err != nil {
		return nil, err
	}
	if err := only(block, "spec.match", "kinds", "namespaces", "excludedNamespaces", "scope", "labelSelector", "namespaceSelector", "name", "source", "operations"); err != nil {
		return nil, err
	}
	switch source, _ := block["source"].(string); source {
	case "", "All", "Original":
	default:
		return nil, fmt.Errorf("spec.match.source is %s: objects that expansion generates cannot be judged", source)
	}
	ops, err := operations(block, "spec.match")
	if err != nil {
		return nil, err
	}
	rest := make(map[string]any, len(block))
	for k, v := range block {
		if k != "source" && k != "operations" {
			rest[k] = v
		}
	}
	raw, err := json.Marshal(rest)
	if err != nil {
		return nil, fmt.Errorf("reading spec.match: %w", err)
	}
	match := &v1alpha1.PolicyMatch{}
	strict, err := kjson.UnmarshalStrict(raw, match)
	if err == nil && len(strict) > 0 {
		err = strict[0]
	}
	if err != nil {
		return nil, fmt.Errorf("reading spec.match: %w", err)
	}
	match.Operations = ops
	for field, names := range map[string][]string{"namespaces": match.Namespaces, "excludedNamespaces": match.ExcludedNamespaces, "name": {match.Name}} {
		for _, name := range names {
			if strings.Contains(strings.TrimSuffix(strings.TrimPrefix(name, "*"), "*"), "*") {
				return nil, fmt.Errorf("spec.match.%s: %q has a * in the middle; it may stand at the start or the end", field, name)
			}
		}
	}
	return match, nil
}

// operations reads a list of operations. Gatekeeper's * stands for all that a
// policy can be asked about.
func operations(block map[string]any, where string) ([]string, error) {
	names, _, err := unstructured.NestedStringSlice(block, "operations")
	if err != nil {
		return nil, fmt.Errorf("%s.operations is not a list of names", where)
	}
	var out []string
	for _, name := range names {
		switch name {
		case "CREATE", "UPDATE", "DELETE":
			out = append(out, name)
		case "*":
			out = append(out, "CREATE", "UPDATE", "DELETE")
		default:
			return nil, fmt.Errorf("%s.operations: %s cannot be carried over; CREATE, UPDATE and DELETE can", where, name)
		}
	}
	slices.Sort(out)
	return slices.Compact(out), nil
}

// The enforcement points of Gatekeeper that have a counterpart here.
const (
	webhookPoint = "validation.gatekeeper.sh"
	reviewPoint  = "gator.gatekeeper.sh"
	auditPoint   = "audit.gatekeeper.sh"
	vapPoint     = "vap.k8s.io"
)

// readEnforcement says what a violation does, by point.
func readEnforcement(spec map[string]any) (out v1alpha1.PolicyEnforcement, notes []string, err error) {
	name, _ := spec["enforcementAction"].(string)
	if name != "scoped" {
		if _, given := spec["scopedEnforcementActions"]; given {
			return out, nil, fmt.Errorf("spec.scopedEnforcementActions is given and spec.enforcementAction is not scoped: Gatekeeper would pass it over; remove one")
		}
		a, err := action(name, "spec.enforcementAction")
		return v1alpha1.PolicyEnforcement{Webhook: a, Review: a}, nil, err
	}
	scoped, _, err := unstructured.NestedSlice(spec, "scopedEnforcementActions")
	if err != nil || len(scoped) == 0 {
		return out, nil, fmt.Errorf("spec.scopedEnforcementActions must be given when spec.enforcementAction is scoped")
	}
	var at struct{ webhook, review, audit v1alpha1.PolicyAction }
	for i, each := range scoped {
		where := fmt.Sprintf("spec.scopedEnforcementActions[%d]", i)
		block, _ := each.(map[string]any)
		name, _ := block["action"].(string)
		a, err := action(name, where+".action")
		if err != nil {
			return out, nil, err
		}
		points, _, err := unstructured.NestedSlice(block, "enforcementPoints")
		if err != nil || len(points) == 0 {
			return out, nil, fmt.Errorf("%s.enforcementPoints names no point", where)
		}
		for j, p := range points {
			point, _ := p.(map[string]any)
			switch name, _ := point["name"].(string); name {
			case "*":
				at.webhook, at.review, at.audit = stronger(at.webhook, a), stronger(at.review, a), stronger(at.audit, a)
			case webhookPoint:
				at.webhook = stronger(at.webhook, a)
			case reviewPoint:
				at.review = stronger(at.review, a)
			case auditPoint:
				at.audit = stronger(at.audit, a)
			case vapPoint:
				notes = append(notes, "vap.k8s.io has no counterpart: the policy is judged by the webhook")
			default:
				return out, nil, fmt.Errorf("%s.enforcementPoints[%d]: %q is not known", where, j, name)
			}
		}
	}
	if at.webhook == "" && at.review == "" && at.audit == "" {
		return out, nil, fmt.Errorf("spec.scopedEnforcementActions names no point that has a counterpart: %s, %s or %s", webhookPoint, reviewPoint, auditPoint)
	}
	if at.audit != at.webhook {
		notes = append(notes, "audit shows what the webhook does: the constraint has another action there")
	}
	// A point without an action is not enforced; DryRun counts and lists only.
	return v1alpha1.PolicyEnforcement{
		Webhook: stronger(at.webhook, v1alpha1.PolicyDryRun),
		Review:  stronger(at.review, v1alpha1.PolicyDryRun),
	}, notes, nil
}

func action(name, where string) (v1alpha1.PolicyAction, error) {
	switch name {
	case "", "deny":
		return v1alpha1.PolicyDeny, nil
	case "warn":
		return v1alpha1.PolicyWarn, nil
	case "dryrun":
		return v1alpha1.PolicyDryRun, nil
	}
	return "", fmt.Errorf("%s is %q: deny, warn, dryrun and scoped can be carried over", where, name)
}

// stronger of two actions.
func stronger(a, b v1alpha1.PolicyAction) v1alpha1.PolicyAction {
	order := []v1alpha1.PolicyAction{"", v1alpha1.PolicyDryRun, v1alpha1.PolicyWarn, v1alpha1.PolicyDeny}
	if slices.Index(order, a) > slices.Index(order, b) {
		return a
	}
	return b
}

// mapping returns a nested mapping, an empty one when it is not there.
func mapping(obj map[string]any, path ...string) (map[string]any, error) {
	m, _, err := unstructured.NestedMap(obj, path...)
	if err != nil {
		return nil, fmt.Errorf("%s is not a mapping", strings.Join(path, "."))
	}
	return m, nil
}

// only refuses fields that are not known: they would be lost without a word.
func only(block map[string]any, where string, known ...string) error {
	for name := range block {
		if !slices.Contains(known, name) {
			return fmt.Errorf("%s.%s is not known here, and cannot be carried over", where, name)
		}
	}
	return nil
}
