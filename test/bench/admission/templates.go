package main

import (
	"bytes"
	"embed"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"

	utilyaml "k8s.io/apimachinery/pkg/util/yaml"
)

// templateFiles hold one rule each: a ConstraintTemplate, its constraint, and a
// ValidatingAdmissionPolicy with the same verdicts.
//
//go:embed templates/*.yaml
var templateFiles embed.FS

// kyvernoFiles hold policies for Kyverno over a cluster's objects.
//
//go:embed kyvernopolicies/*.yaml
var kyvernoFiles embed.FS

// ruleSet is a set of rules, each written for every engine.
type ruleSet struct {
	templates, constraints, expressions []json.RawMessage
}

// loadRules reads a folder of rules.
func loadRules(files embed.FS, dir string) (*ruleSet, error) {
	entries, err := fs.ReadDir(files, dir)
	if err != nil {
		return nil, fmt.Errorf("listing rules: %w", err)
	}
	var set ruleSet
	for _, entry := range entries {
		content, err := fs.ReadFile(files, dir+"/"+entry.Name())
		if err != nil {
			return nil, fmt.Errorf("reading a rule: %w", err)
		}
		if err := set.add(content); err != nil {
			return nil, fmt.Errorf("%s: %w", entry.Name(), err)
		}
	}
	return &set, nil
}

func (s *ruleSet) add(content []byte) error {
	documents := utilyaml.NewYAMLOrJSONDecoder(bytes.NewReader(content), len(content))
	for {
		var document json.RawMessage
		if err := documents.Decode(&document); errors.Is(err, io.EOF) {
			return nil
		} else if err != nil {
			return fmt.Errorf("decoding: %w", err)
		}
		var kind struct{ APIVersion, Kind string }
		if err := json.Unmarshal(document, &kind); err != nil {
			return fmt.Errorf("decoding: %w", err)
		}
		switch {
		case kind.Kind == "ConstraintTemplate":
			s.templates = append(s.templates, document)
		case kind.APIVersion == "constraints.gatekeeper.sh/v1beta1":
			s.constraints = append(s.constraints, document)
		case kind.Kind == "ValidatingAdmissionPolicy", kind.Kind == "GlobalContextEntry":
			s.expressions = append(s.expressions, document)
		default:
			return fmt.Errorf("unknown kind %s", kind.Kind)
		}
	}
}
