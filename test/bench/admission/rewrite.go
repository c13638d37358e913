package main

import (
	"embed"
	"encoding/json"
	"fmt"
	"regexp"
	"strings"

	"tollgate.dev/tollgate/apis/tollgate/v1alpha1"
	"tollgate.dev/tollgate/rego/policy"
	"tollgate.dev/tollgate/rego/settings"
)

// inventoryRego is a library for Gatekeeper: what Tollgate's policies read of
// data.tollgate, found in data.inventory.
//
//go:embed inventory/tollgate.rego
var inventoryRego embed.FS

// asTemplates writes the policies that come with Tollgate for Gatekeeper: the
// same rules line by line, with every look-up done over data.inventory. So the
// verdicts are the same by construction, and proven to be.
func asTemplates(policies []*policy.Policy, s *settings.Settings) ([]json.RawMessage, error) {
	library, err := inventoryLibrary(s)
	if err != nil {
		return nil, err
	}
	var templates, constraints []json.RawMessage
	for _, p := range policies {
		if p.Kind == policy.Mutation {
			continue
		}
		template, constraint, err := asTemplate(p, library)
		if err != nil {
			return nil, fmt.Errorf("policy %s: %w", p.ID, err)
		}
		templates, constraints = append(templates, template), append(constraints, constraint)
	}
	return append(templates, constraints...), nil
}

func inventoryLibrary(s *settings.Settings) (string, error) {
	source, err := inventoryRego.ReadFile("inventory/tollgate.rego")
	if err != nil {
		return "", fmt.Errorf("reading the library: %w", err)
	}
	encoded, err := json.Marshal(s)
	if err != nil {
		return "", fmt.Errorf("encoding the settings: %w", err)
	}
	return strings.Replace(string(source), "@settings@\n", string(encoded)+"\n", 1), nil
}

func asTemplate(p *policy.Policy, library string) (template, constraint json.RawMessage, err error) {
	if len(p.Modules) != 1 {
		return nil, nil, fmt.Errorf("it has %d modules", len(p.Modules))
	}
	libs := []string{library}
	for _, source := range imported(p) {
		libs = append(libs, rewrite(source))
	}
	kind := kindName(p.ID)
	operations := p.Match.Operations
	if len(operations) == 0 {
		operations = []string{"CREATE", "UPDATE"}
	}
	if template, err = json.Marshal(object{
		"apiVersion": "templates.gatekeeper.sh/v1", "kind": "ConstraintTemplate", "metadata": object{"name": strings.ToLower(kind)},
		"spec": object{
			"crd": object{"spec": object{
				"names":      object{"kind": kind},
				"validation": object{"legacySchema": false, "openAPIV3Schema": object{"type": "object", "x-kubernetes-preserve-unknown-fields": true}},
			}},
			"targets": []any{object{
				"target": "admission.k8s.gatekeeper.sh", "operations": operations,
				"code": []any{object{"engine": "Rego", "source": object{"version": "v1", "rego": rewrite(p.Modules[0].Source), "libs": libs}}},
			}},
		},
	}); err != nil {
		return nil, nil, fmt.Errorf("encoding its template: %w", err)
	}
	match, err := asMatch(&p.Match)
	if err != nil {
		return nil, nil, err
	}
	specification := object{"match": match}
	if p.Parameters != nil {
		specification["parameters"] = p.Parameters
	}
	if constraint, err = json.Marshal(object{
		"apiVersion": "constraints.gatekeeper.sh/v1beta1", "kind": kind, "metadata": object{"name": p.ID},
		"spec": specification,
	}); err != nil {
		return nil, nil, fmt.Errorf("encoding its constraint: %w", err)
	}
	return template, constraint, nil
}

// asMatch says the kinds; what else a match may say must not be lost unseen.
func asMatch(m *v1alpha1.PolicyMatch) (object, error) {
	rest := m.DeepCopy()
	rest.Kinds, rest.Operations = nil, nil
	if encoded, err := json.Marshal(rest); err != nil || string(encoded) != "{}" {
		return nil, fmt.Errorf("its match has more than kinds and operations: %s (%w)", encoded, err)
	}
	return object{"kinds": m.Kinds}, nil
}

// kindName makes WasmpluginTenants of wasmplugin-tenants.
func kindName(id string) string {
	var b strings.Builder
	for _, part := range strings.Split(id, "-") {
		b.WriteString(strings.ToUpper(part[:1]) + part[1:])
	}
	return b.String()
}

var (
	importLine  = regexp.MustCompile(`(?m)^import data\.tollgate\.lib\.([a-z_]+)`)
	anyPackage  = regexp.MustCompile(`(?m)^package .*$`)
	packageLine = regexp.MustCompile(`(?m)^package tollgate\.lib\.([a-z_]+)`)
)

// imported are the sources of the libraries that a policy imports, and those
// that these import.
func imported(p *policy.Policy) []string {
	byName := map[string]string{}
	for _, lib := range p.Libs {
		if m := packageLine.FindStringSubmatch(lib.Source); m != nil {
			byName[m[1]] = lib.Source
		}
	}
	var sources []string
	seen := map[string]bool{}
	var follow func(source string)
	follow = func(source string) {
		for _, m := range importLine.FindAllStringSubmatch(source, -1) {
			if !seen[m[1]] {
				seen[m[1]] = true
				sources = append(sources, byName[m[1]])
				follow(byName[m[1]])
			}
		}
	}
	follow(p.Modules[0].Source)
	return sources
}

// functions of the library: their key cannot be looked through, so that they
// are called with it.
var functions = regexp.MustCompile(`data\.tollgate\.(host_owner|namespace_claims|domain_claims|tenant_claims|model_users|gateway|attached_route|host_route|route|secret_user)\[`)

// rewrite has a module read the library instead of Tollgate's inventory.
func rewrite(source string) string {
	source = strings.ReplaceAll(source, "package tollgate.baseline.", "package ")
	source = strings.ReplaceAll(source, "package tollgate.lib.", "package lib.")
	source = strings.ReplaceAll(source, "data.tollgate.lib.", "data.lib.")
	for {
		at := functions.FindStringIndex(source)
		if at == nil {
			break
		}
		end := closing(source, at[1])
		source = source[:at[0]] + "kept_ready." + source[at[0]+len("data.tollgate."):at[1]-1] + "(" + source[at[1]:end] + ")" + source[end+1:]
	}
	source = strings.ReplaceAll(source, "data.tollgate.", "kept_ready.")
	source = strings.ReplaceAll(source, "input.subject", "kept_ready.subject")
	return anyPackage.ReplaceAllString(source, "$0\n\nimport data.lib.tollgate as kept_ready")
}

// closing is where the bracket ends that was opened before from.
func closing(source string, from int) int {
	depth := 1
	for i := from; i < len(source); i++ {
		switch source[i] {
		case '[', '(':
			depth++
		case ']', ')':
			depth--
		}
		if depth == 0 {
			return i
		}
	}
	return len(source) - 1
}
