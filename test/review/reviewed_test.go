package review

import (
	"encoding/json"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	admissionv1 "k8s.io/api/admission/v1"
)

// verdict is what review says of an object.
type verdict struct {
	Outcome  string
	Refusal  string
	Patches  []any
	NotAsked struct{ Webhook, Condition string }
}

// reviewed asks tollgate review.
func reviewed(t *testing.T, binary string, q question, args ...string) (answer, verdict) {
	t.Helper()
	user, groups := q.who()
	args = append([]string{"review", "--output", "json", "--as", user, "-"}, args...)
	for _, g := range groups {
		args = append(args, "--as-group", g)
	}
	operation := q.operation
	if operation == "" {
		operation = admissionv1.Create
	}
	args = append(args, "--operation", string(operation))
	if q.old != "" {
		file := filepath.Join(t.TempDir(), "old.yaml")
		if err := os.WriteFile(file, []byte(q.old), 0o600); err != nil {
			t.Fatal(err)
		}
		args = append(args, "--old", file)
	}
	cmd := exec.CommandContext(t.Context(), binary, args...)
	cmd.Stdin = strings.NewReader(q.object)
	var stderr strings.Builder
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		t.Fatal(err)
	}
	var report struct{ Results []verdict }
	if err := json.Unmarshal(out, &report); err != nil || len(report.Results) != 1 {
		t.Fatalf("no report: %v\n%s%s", err, out, stderr.String())
	}
	v := report.Results[0]
	want := answer{Refused: v.Refusal}
	for _, op := range v.Patches {
		raw, err := json.Marshal(op)
		if err != nil {
			t.Fatal(err)
		}
		want.Patches = append(want.Patches, string(raw))
	}
	return want, v
}
