package escapes

import (
	"bytes"
	"encoding/json"
	"errors"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"tollgate.dev/tollgate/hack/binaries"
)

// report is what these tests read of `tollgate review --output json`.
type report struct {
	Summary struct {
		Objects, Passed, Warned, Denied, Invalid, Unjudged, Problems int
	} `json:"summary"`
	Results []struct {
		File     string            `json:"file"`
		Outcome  string            `json:"outcome"`
		Findings []json.RawMessage `json:"findings"`
	} `json:"results"`
}

// tollgate is a fresh build of the binary.
func tollgate(t *testing.T) string {
	t.Helper()
	binary := filepath.Join(t.TempDir(), "tollgate")
	if err := binaries.BuildTollgate(t.Context(), filepath.Join("..", ".."), binary); err != nil {
		t.Fatal(err)
	}
	return binary
}

// review runs `tollgate review` and returns its report and exit status.
func review(t *testing.T, binary string, args ...string) (report, int) {
	t.Helper()
	return reviewInput(t, nil, binary, args...)
}

// reviewInput does so with something on standard input.
func reviewInput(t *testing.T, input []byte, binary string, args ...string) (report, int) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), binary, append([]string{"review", "--output", "json"}, args...)...)
	cmd.Stdin = bytes.NewReader(input)
	var errs strings.Builder
	cmd.Stderr = &errs
	out, err := cmd.Output()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		t.Fatal(err)
	}
	var r report
	if err := json.Unmarshal(out, &r); err != nil {
		t.Fatalf("tollgate review %q: %v: no report: %s%s", args, err, out, errs.String())
	}
	return r, cmd.ProcessState.ExitCode()
}

// The binary says by its exit status what a suite, a file and the example
// tenant come to. (test/review holds each case of the suites to its verdict.)
func TestReview(t *testing.T) {
	if testing.Short() {
		t.Skip("builds tollgate: left out under -short")
	}
	binary := tollgate(t)
	t.Run("a suite", func(t *testing.T) {
		dir := filepath.Join("..", "bystanders")
		r, status := review(t, binary, "--suite", dir)
		if want := len(readSuite(t, dir).files(t)); r.Summary.Objects != want || r.Summary.Passed != want || status != 0 {
			t.Errorf("%+v, exit status %d: want all %d cases as expected, and 0", r.Summary, status, want)
		}
	})
	t.Run("a suite can fail", func(t *testing.T) {
		r, status := review(t, binary, "--suite", turned(t))
		if r.Summary.Passed != 0 || r.Summary.Objects == 0 || status != 1 {
			t.Errorf("with Allow expected of escapes %d of %d cases hold (exit status %d), want none and 1", r.Summary.Passed, r.Summary.Objects, status)
		}
	})
	member := []string{"--as", "alice@acme.example", "--as-group", "acme"}
	// Not the folder policies, which holds a policy of one's own that these break.
	for _, there := range []string{"namespaces.yaml", "organizations.yaml", "prices.yaml", "projects.yaml", "platform"} {
		member = append(member, "--inventory", filepath.Join("..", "..", "manifests", "examples", there))
	}
	t.Run("the example tenant", func(t *testing.T) {
		r, status := review(t, binary, append(examples(t), member...)...)
		if r.Summary.Passed == 0 || r.Summary.Passed+r.Summary.Unjudged != r.Summary.Objects || status != 0 {
			t.Errorf("%+v, exit status %d: want all of the example tenant's objects to pass", r, status)
		}
	})
	t.Run("what kustomize builds", func(t *testing.T) {
		files, _ := review(t, binary, append(examples(t), member...)...)
		r, status := reviewInput(t, kustomize(t, filepath.Join("..", "..", "manifests", "examples", "acme")), binary, append([]string{"-"}, member...)...)
		if r.Summary != files.Summary || status != 0 {
			t.Errorf("%+v, exit status %d: want what the files come to, %+v, and 0", r.Summary, status, files.Summary)
		}
		overlay := t.TempDir() // another's host, which only the overlay brings in
		base, err := filepath.Abs(filepath.Join("..", "..", "manifests", "examples", "acme", "web.yaml"))
		if err != nil {
			t.Fatal(err)
		}
		data, err := os.ReadFile(base)
		if err != nil {
			t.Fatal(err)
		}
		for name, text := range map[string]string{
			"web.yaml":           string(data),
			"kustomization.yaml": `{resources: [web.yaml], patches: [{target: {kind: Ingress, name: web}, patch: '[{"op": "replace", "path": "/spec/rules/0/host", "value": "www.globex.example"}]'}]}`,
		} {
			if err := os.WriteFile(filepath.Join(overlay, name), []byte(text), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		r, status = reviewInput(t, kustomize(t, overlay), binary, append([]string{"-"}, member...)...)
		if r.Summary.Denied != 1 || r.Summary.Objects != 1 || status != 1 {
			t.Errorf("%+v, exit status %d: want the overlay's host to be refused, and 1", r.Summary, status)
		}
	})
	for _, file := range samples(t) {
		t.Run("one file/"+file, func(t *testing.T) {
			r, status := review(t, binary, file, "--operation", create, "--inventory", "inventory", "--settings", "settings.yaml", "--as", "alice@acme.example", "--as-group", "acme")
			if r.Summary.Objects != 1 || r.Summary.Denied != 1 || status != 1 {
				t.Errorf("%+v, exit status %d: want one object, denied, and 1", r, status)
			}
		})
	}
}

// kustomize builds a folder.
func kustomize(t *testing.T, folder string) []byte {
	t.Helper()
	root, err := binaries.Root(".")
	if err != nil {
		t.Fatal(err)
	}
	kubectl, err := binaries.NewFinder(root).Find(t.Context(), binaries.Kubectl)
	if err != nil {
		t.Fatal(err)
	}
	out, err := exec.CommandContext(t.Context(), kubectl, "kustomize", folder).Output()
	if err != nil {
		t.Fatalf("kustomize %s: %v", folder, err)
	}
	return out
}

// turned is a copy of this suite that expects escapes to pass.
func turned(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	if err := os.CopyFS(dir, os.DirFS(".")); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(dir, "suite.yaml")
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	text := strings.ReplaceAll(string(data), "expect: Deny", "expect: Allow")
	text = strings.ReplaceAll(text, "expect: Warn", "expect: Allow")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return dir
}

// samples are files that alice creates, one of each of a few folders: the cases
// by themselves, as a pull request has them.
func samples(t *testing.T) []string {
	t.Helper()
	s := readSuite(t, ".")
	byFolder := map[string]string{"ingress": "", "httproute": "", "wasmplugin": "", "project": ""}
	for _, file := range s.files(t) {
		folder := filepath.Dir(file)
		if e := s.expected(file); e.Operation == create && e.Expect == "Deny" && s.Cases[file].As == nil {
			if _, wanted := byFolder[folder]; wanted {
				byFolder[folder] = file
			}
		}
	}
	return slices.Sorted(maps.Values(byFolder))
}
