package review

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"sigs.k8s.io/yaml"

	"tollgate.dev/tollgate/hack/binaries"
)

// build makes the binary that a CI job would have.
func build(t *testing.T) string {
	t.Helper()
	if testing.Short() {
		t.Skip("it builds tollgate")
	}
	file := filepath.Join(t.TempDir(), "tollgate")
	if err := binaries.BuildTollgate(t.Context(), filepath.Join("..", ".."), file); err != nil {
		t.Fatal(err)
	}
	return file
}

// step runs a command with an environment of its own, and returns its output
// and exit status.
func step(ctx context.Context, t *testing.T, env []string, name string, args ...string) (string, int) {
	t.Helper()
	cmd := exec.CommandContext(ctx, name, args...)
	cmd.Env = append([]string{"PATH=" + os.Getenv("PATH"), "HOME=" + t.TempDir()}, env...)
	out, err := cmd.CombinedOutput()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		t.Fatal(err)
	}
	return string(out), cmd.ProcessState.ExitCode()
}

// TestCI runs the script of the GitHub action and the hook of pre-commit.
func TestCI(t *testing.T) {
	tollgate := build(t)
	ci := filepath.Join("..", "..", "manifests", "ci")
	testdata := filepath.Join("..", "..", "cmd", "tollgate", "internal", "review", "testdata")
	inventory := platform(t, filepath.Join(testdata, "platform"))
	action := readAction(t)
	argo := workflow(t, filepath.Join(ci, "github", "workflow.yaml"))
	const settings = "tollgate-settings.yaml"
	if argo["settings"] != "platform/"+settings || strings.TrimSpace(argo["inventory"]) != "platform/" {
		t.Fatalf("the workflow's inventory and settings are %q and %q", argo["inventory"], argo["settings"])
	}
	plugin := filepath.Join(t.TempDir(), "plugin.yaml")
	if err := os.WriteFile(plugin, []byte(unlabelled), 0o600); err != nil {
		t.Fatal(err)
	}
	tests := []struct {
		name, paths, as, nothing string
		want                     int
		says                     string
	}{
		{name: "a plugin for the gateway, whoever applies it", paths: plugin, want: 0, says: "1 passed"},
		{name: "a plugin for the gateway, as the workflow's account", paths: plugin, as: argo["as"], want: 1, says: "requester"},
		{name: "a tenant's own, as the workflow's account", paths: filepath.Join(testdata, "tenant"), as: argo["as"], want: 0, says: "3 passed"},
		{name: "pass", paths: filepath.Join(testdata, "tenant"), want: 0, says: "3 passed"},
		{name: "refused", paths: filepath.Join(testdata, "tenant") + "\n" + filepath.Join(testdata, "escape") + "\n", want: 1, says: "::error file=" + filepath.Join(testdata, "escape", "web.yaml") + ",line=7,"},
		{name: "bad input", paths: filepath.Join(testdata, "bad"), want: 2, says: "::error file="},
		{name: "no paths", want: 2, says: "give paths"},
		{name: "nothing", paths: filepath.Join(testdata, "configmap.yaml"), want: 0, says: "not judged"},
		{name: "nothing, which fails", paths: filepath.Join(testdata, "configmap.yaml"), nothing: "true", want: 3},
		{name: "a path that looks like a flag", paths: "--cluster", want: 2, says: "no such file"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			dir := t.TempDir()
			file := func(name string) string { return filepath.Join(dir, name) }
			with := map[string]string{
				"tollgate": tollgate, "paths": tt.paths, "inventory": inventory, "settings": filepath.Join(inventory, settings), "as": tt.as, "sarif": file("sarif"),
			}
			if tt.nothing != "" {
				with["fail-on-nothing"] = tt.nothing
			}
			out, code := action.run(t, with, "GITHUB_STEP_SUMMARY="+file("summary"), "GITHUB_OUTPUT="+file("output"), "RUNNER_TEMP="+dir)
			if code != tt.want || !strings.Contains(out, tt.says) {
				t.Errorf("exit status %d, want %d, and %q in:\n%s", code, tt.want, tt.says, out)
			}
			if tt.paths == "" {
				return
			}
			for name, part := range map[string]string{"sarif": `"version": "2.1.0"`, "summary": "### tollgate review", "output": "status="} {
				data, err := os.ReadFile(file(name))
				if err != nil || !strings.Contains(string(data), part) {
					t.Errorf("%s holds no %q: %v\n%s", name, part, err, data)
				}
			}
		})
	}
	t.Run("pre-commit", func(t *testing.T) {
		data, err := os.ReadFile(filepath.Join(ci, "pre-commit", "pre-commit-config.yaml"))
		if err != nil {
			t.Fatal(err)
		}
		var config struct {
			Repos []struct {
				Hooks []struct{ Entry string }
			}
		}
		if err := yaml.Unmarshal(data, &config); err != nil {
			t.Fatal(err)
		}
		entry := strings.ReplaceAll(config.Repos[0].Hooks[0].Entry, "platform/", inventory+"/")
		path := "PATH=" + filepath.Dir(tollgate) + ":" + os.Getenv("PATH")
		for _, tt := range []struct {
			file string
			want int
		}{
			{filepath.Join(testdata, "tenant/shop.yaml"), 0}, {filepath.Join(testdata, "escape/web.yaml"), 1}, {plugin, 1},
			{filepath.Join(testdata, "configmap.yaml"), 0}, {filepath.Join(testdata, "bad/broken.yaml"), 1},
		} {
			// pre-commit appends the files to the entry's words.
			out, code := step(t.Context(), t, []string{path}, "bash", "-c", entry+" "+tt.file)
			if (code == 0) != (tt.want == 0) {
				t.Errorf("%s: exit status %d\n%s", tt.file, code, out)
			}
		}
	})
}

// unlabelled is a plugin in the gateway's namespace that says it is nobody's: the
// platform's own, or what a tenant's repository tries to smuggle in.
const unlabelled = `
apiVersion: extensions.higress.io/v1alpha1
kind: WasmPlugin
metadata: {name: everywhere, namespace: higress-system}
spec:
  url: oci://higress-registry.cn-hangzhou.cr.aliyuncs.com/plugins/transformer@sha256:192ab149cca30ed38b05a9263a8c0ec064c90f0064bf1801ff42f017782d45c3
  failStrategy: FAIL_OPEN
  defaultConfig: {reqRules: [{operate: remove, headers: [{key: x-a}]}]}
`

// platform is what the platform's people keep, as the examples have it: what
// exists, and the settings beside it.
func platform(t *testing.T, from string) string {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "platform")
	if err := os.CopyFS(dir, os.DirFS(from)); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "tollgate-settings.yaml"), []byte("gateway: {namespace: higress-system}\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	return dir
}

// workflow is what the example workflow gives to the action.
func workflow(t *testing.T, path string) map[string]string {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	var config struct {
		Jobs map[string]struct {
			Steps []struct {
				Uses string
				With map[string]any
			}
		}
	}
	if err := yaml.Unmarshal(data, &config); err != nil {
		t.Fatal(err)
	}
	for _, step := range config.Jobs["review"].Steps {
		if step.Uses != "./.github/actions/tollgate-review" {
			continue
		}
		given := map[string]string{}
		for name, value := range step.With {
			given[name] = fmt.Sprint(value)
		}
		return given
	}
	t.Fatalf("%s does not use the action", path)
	return nil
}

// action is the composite action of GitHub.
type action struct {
	Inputs  map[string]struct{ Default string }
	Outputs map[string]struct{ Value string }
	Runs    struct {
		Using string
		Steps []struct {
			ID, Run, Shell string
			Env            map[string]string
		}
	}
}

func readAction(t *testing.T) action {
	t.Helper()
	data, err := os.ReadFile(filepath.Join("..", "..", "manifests", "ci", "github", "action.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	var a action
	if err := yaml.Unmarshal(data, &a); err != nil {
		t.Fatal(err)
	}
	return a
}

// run does what GitHub does with an action that a workflow gives inputs: those
// that it leaves out have their defaults, and no other is known.
func (a action) run(t *testing.T, with map[string]string, env ...string) (out string, code int) {
	t.Helper()
	for name := range with {
		if _, known := a.Inputs[name]; !known {
			t.Fatalf("the action has no input %s", name)
		}
	}
	one := a.Runs.Steps[0]
	for name, value := range one.Env {
		input := strings.TrimSuffix(strings.TrimPrefix(value, "${{ inputs."), " }}")
		given, ok := with[input]
		if !ok {
			given = a.Inputs[input].Default
		}
		env = append(env, name+"="+given)
	}
	path, err := filepath.Abs(filepath.Join("..", "..", "manifests", "ci", "github"))
	if err != nil {
		t.Fatal(err)
	}
	// As GitHub starts a step with shell: bash.
	return step(t.Context(), t, append(env, "GITHUB_ACTION_PATH="+path), one.Shell, "--noprofile", "--norc", "-eo", "pipefail", "-c", one.Run)
}

// TestCIManifestsParse holds the examples against what their readers need.
func TestCIManifestsParse(t *testing.T) {
	ci := filepath.Join("..", "..", "manifests", "ci")
	action := readAction(t)
	script, err := os.ReadFile(filepath.Join(ci, "github", "review.sh"))
	if err != nil {
		t.Fatal(err)
	}
	if action.Runs.Using != "composite" || len(action.Runs.Steps) != 1 || len(action.Runs.Steps[0].Env) != len(action.Inputs) {
		t.Errorf("the action has %d inputs and hands on %d", len(action.Inputs), len(action.Runs.Steps[0].Env))
	}
	for name, value := range action.Runs.Steps[0].Env {
		input := strings.TrimSuffix(strings.TrimPrefix(value, "${{ inputs."), " }}")
		if _, ok := action.Inputs[input]; !ok || !strings.Contains(string(script), name) {
			t.Errorf("%s hands on %q, which is no input or is not used", name, value)
		}
	}
	if strings.Contains(action.Runs.Steps[0].Run, "${{") {
		t.Error("an input stands in the text of a script")
	}
	if got, want := action.Outputs["status"].Value, "${{ steps."+action.Runs.Steps[0].ID+".outputs.status }}"; got != want {
		t.Errorf("the output status is %s, want %s", got, want)
	}
	for input := range workflow(t, filepath.Join(ci, "github", "workflow.yaml")) {
		if _, ok := action.Inputs[input]; !ok {
			t.Errorf("the workflow gives %s, which is no input", input)
		}
	}
}
