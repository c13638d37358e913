package gatekeeper

import (
	"fmt"
	"io"
	"strings"

	"k8s.io/apimachinery/pkg/runtime"
	"sigs.k8s.io/yaml"
)

// Write writes a policy as a YAML document for kubectl apply, its notes as
// comments above it. It ends with a document separator.
func Write(w io.Writer, one Imported) error {
	fields, err := runtime.DefaultUnstructuredConverter.ToUnstructured(one.Policy)
	if err != nil {
		return fmt.Errorf("writing AdmissionPolicy %s: %w", one.Policy.Name, err)
	}
	delete(fields, "status")
	if metadata, ok := fields["metadata"].(map[string]any); ok {
		delete(metadata, "creationTimestamp")
	}
	if spec, ok := fields["spec"].(map[string]any); ok {
		if match, ok := spec["match"].(map[string]any); ok && len(match) == 0 {
			delete(spec, "match")
		}
	}
	body, err := yaml.Marshal(fields)
	if err != nil {
		return fmt.Errorf("writing AdmissionPolicy %s: %w", one.Policy.Name, err)
	}
	var b strings.Builder
	for _, note := range one.Notes {
		fmt.Fprintf(&b, "# Note: %s.\n", strings.Join(strings.Fields(note), " "))
	}
	b.Write(body)
	b.WriteString("---\n")
	_, err = io.WriteString(w, b.String())
	return err
}
