package prices_test

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"tollgate.dev/tollgate/cmd/tollgate/internal/prices"
)

func clock() time.Time { return time.Date(2026, 11, 20, 12, 30, 45, 0, time.UTC) }

// result is what a run of the command gave.
type result struct {
	out, err string
	code     int
	failure  error
}

// run executes `tollgate prices args...` as main does.
func run(t *testing.T, stdin string, args ...string) result {
	t.Helper()
	cmd := prices.NewCommand(clock)
	cmd.SilenceErrors, cmd.SilenceUsage = true, true
	var out, errs bytes.Buffer
	cmd.SetIn(strings.NewReader(stdin))
	cmd.SetOut(&out)
	cmd.SetErr(&errs)
	cmd.SetArgs(args)
	failure := cmd.ExecuteContext(t.Context())
	code := 0
	if failure != nil {
		var ok bool
		if code, ok = prices.ExitCode(failure); !ok {
			t.Fatalf("an error without an exit status: %v", failure)
		}
	}
	return result{out.String(), errs.String(), code, failure}
}

// golden compares with a file of testdata; UPDATE_GOLDEN=1 writes it anew.
func golden(t *testing.T, name, got string) {
	t.Helper()
	file := filepath.Join("testdata", name)
	if os.Getenv("UPDATE_GOLDEN") != "" {
		if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(string(want), got); d != "" {
		t.Fatal(d)
	}
}

func read(t *testing.T, name string) string {
	t.Helper()
	data, err := os.ReadFile(filepath.Join("testdata", name))
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

const (
	list    = "testdata/list.json"
	current = "testdata/current.yaml"
)

func TestImport(t *testing.T) {
	tests := []struct {
		name string
		args []string
		in   string
		code int
		out  string // a golden file, or nothing on stdout
		err  string // likewise, of stderr
	}{
		{name: "shows the difference", args: []string{list, "--format", "litellm", "--current", current}, out: "diff.golden"},
		{name: "tells of a difference", args: []string{list, "--format", "litellm", "--current", current, "--exit-code"}, code: 1, out: "diff-exit.golden"},
		{name: "writes YAML", args: []string{list, "--format", "litellm", "--current", current, "-o", "yaml", "--effective-from", "2026-12-01T00:00:00Z"}, out: "yaml.golden", err: "yaml-diff.golden"},
		{name: "chooses", args: []string{"-", "--format", "litellm", "-o", "yaml", "--providers", "eu,nobody*", "--models", "gpt-?o*", "--rename", "openai=eu", "--source-url", "https://example.com/list.json"},
			out: "chosen.golden", err: "chosen-diff.golden"},
		{name: "any provider", args: []string{list, "--format", "litellm", "--current", os.DevNull, "--rename", "openai=", "--rename", "anthropic="}, out: "any.golden"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			in := ""
			if tt.args[0] == "-" {
				in = read(t, "list.json")
			}
			r := run(t, in, append([]string{"import"}, tt.args...)...)
			if r.code != tt.code {
				t.Fatalf("exit status %d (%v), want %d", r.code, r.failure, tt.code)
			}
			for file, got := range map[string]string{tt.out: r.out, tt.err: r.err} {
				if file != "" {
					golden(t, file, got)
				}
			}
			if tt.out == "" && r.out != "" {
				t.Errorf("stdout: %s", r.out)
			}
		})
	}
}

// TestWrittenTableIsCurrent: what -o yaml wrote is read back as the present
// table, and the same import then changes nothing.
func TestWrittenTableIsCurrent(t *testing.T) {
	first := run(t, "", "import", list, "--format", "litellm", "--current", current, "-o", "yaml")
	if first.failure != nil {
		t.Fatal(first.failure)
	}
	file := filepath.Join(t.TempDir(), "prices.yaml")
	if err := os.WriteFile(file, []byte(first.out), 0o600); err != nil {
		t.Fatal(err)
	}
	if again := run(t, "", "import", list, "--format", "litellm", "--current", file, "--exit-code"); again.code != 0 {
		t.Fatalf("exit status %d (%v)\n%s", again.code, again.failure, again.out)
	}
	if r := run(t, "", "check", "--current", file); r.failure != nil || !strings.Contains(r.out, "6 prices, 5 models priced now, 0 problems, sha256:") {
		t.Fatalf("check: %v\n%s", r.failure, r.out)
	}
	if r := run(t, "", "diff", file, "--current", file, "--exit-code"); r.failure != nil {
		t.Fatal(r.failure)
	}
	r := run(t, "", "diff", file, "--current", current, "--exit-code")
	if r.code != 1 || !strings.Contains(r.out, "3 added, 0 changed, 0 removed, 3 unchanged.") {
		t.Fatalf("diff: status %d\n%s", r.code, r.out)
	}
	cost := run(t, "", "cost", "gpt-4o", "--provider", "openai", "--current", file, "--input", "1000", "--cache-read", "2000", "--output", "500")
	golden(t, "cost.golden", cost.out)
	before := run(t, "", "cost", "gpt-4o", "--provider", "openai", "--current", file, "--input", "1000", "--cache-read", "2000", "--output", "500", "--at", "2026-11-01T00:00:00Z")
	if !strings.Contains(before.out, "cost         0.0225\n") { // 3000 x 5 and 500 x 15 per million
		t.Fatalf("before the import:\n%s", before.out)
	}
}

func TestRefusals(t *testing.T) {
	dir := t.TempDir()
	write := func(name, text string) string {
		file := filepath.Join(dir, name)
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return file
	}
	perMillion := write("per-million.json", `{"m":{"litellm_provider":"p","input_cost_per_token":2.5,"output_cost_per_token":10}}`)
	oneBad := write("one-bad.json", `{"m":{"litellm_provider":"p","input_cost_per_token":1e-06,"output_cost_per_token":1e-06},"n":{"litellm_provider":"p","input_cost_per_token":-1,"output_cost_per_token":1e-06}}`)
	project := write("project.yaml", "apiVersion: tollgate.dev/v1alpha1\nkind: Project\nmetadata: {name: x}\n")
	typo := write("typo.yaml", "apiVersion: tollgate.dev/v1alpha1\nkind: PriceTable\nmetadata: {name: x}\nspec: {models: [{model: m, inptu: \"1\"}]}\n")
	broken := write("broken.yaml", "apiVersion: tollgate.dev/v1alpha1\nkind: PriceTable\nmetadata: {name: x}\nspec: {models: [{provider: p, model: m, input: \"1\"}]}\n")
	tiny := write("tiny.yaml", "apiVersion: tollgate.dev/v1alpha1\nkind: PriceTable\nmetadata: {name: x}\nspec: {models: [{model: m, input: \"0.0000025\", output: \"0.00001\"}]}\n")
	var many strings.Builder
	many.WriteString("{")
	for i := range 4000 {
		if i > 0 {
			many.WriteString(",")
		}
		many.WriteString(`"` + strings.Repeat("m", 100) + time.Duration(i).String() + `":{"litellm_provider":"p","input_cost_per_token":1e-06,"output_cost_per_token":1e-06}`)
	}
	large := write("large.json", many.String()+"}")
	noConfig := []string{"--kubeconfig", filepath.Join(dir, "no-such-config")}

	tests := []struct {
		name string
		args []string
		code int
		says string
	}{
		{name: "no file", args: []string{"import", "--format", "litellm"}, code: 2, says: "give one file"},
		{name: "no such file", args: []string{"import", filepath.Join(dir, "none"), "--format", "litellm"}, code: 2, says: "no such file"},
		{name: "no format", args: []string{"import", list}, code: 2, says: "--format is missing"},
		{name: "unknown format", args: []string{"import", list, "--format", "csv"}, code: 2, says: "use litellm, models.dev or genai-prices"},
		{name: "another format", args: []string{"import", list, "--format", "models.dev"}, code: 2, says: "use --format litellm"},
		{name: "wrong unit", args: []string{"import", perMillion, "--format", "litellm"}, code: 2, says: "larger unit"},
		{name: "unknown flag", args: []string{"import", list, "--formt", "litellm"}, code: 2, says: "unknown flag"},
		{name: "unknown output", args: []string{"import", list, "--format", "litellm", "-o", "json"}, code: 2, says: "only yaml"},
		{name: "apply and output", args: []string{"import", list, "--format", "litellm", "-o", "yaml", "--apply"}, code: 2, says: "exclude each other"},
		{name: "apply and current", args: []string{"import", list, "--format", "litellm", "--current", current, "--apply"}, code: 2, says: "exclude each other"},
		{name: "two from stdin", args: []string{"import", "-", "--format", "litellm", "--current", "-"}, code: 2, says: "both be stdin"},
		{name: "in the past", args: []string{"import", list, "--format", "litellm", "--effective-from", "2026-11-20T12:29:59Z"}, code: 2, says: "in the past"},
		{name: "not an instant", args: []string{"import", list, "--format", "litellm", "--effective-from", "tomorrow"}, code: 2, says: "RFC 3339"},
		{name: "bad rename", args: []string{"import", list, "--format", "litellm", "--rename", "openai"}, code: 2, says: "FROM=TO"},
		{name: "renamed twice", args: []string{"import", list, "--format", "litellm", "--rename", "a=b", "--rename", "a=c"}, code: 2, says: "twice"},
		{name: "empty pattern", args: []string{"import", list, "--format", "litellm", "--models", "a,,b"}, code: 2, says: "pattern is empty"},
		{name: "one bad entry, strict", args: []string{"import", oneBad, "--format", "litellm", "--current", os.DevNull, "--strict"}, code: 2, says: "--strict"},
		{name: "one bad entry", args: []string{"import", oneBad, "--format", "litellm", "--current", os.DevNull}, code: 0},
		{name: "nothing chosen", args: []string{"import", list, "--format", "litellm", "-o", "yaml", "--providers", "anthropic", "--rename", "anthropic=eu"}, code: 2, says: "is chosen"},
		{name: "too large for a cluster", args: []string{"import", large, "--format", "litellm", "-o", "yaml"}, code: 2, says: "import only what is used"},
		{name: "current is no PriceTable", args: []string{"import", list, "--format", "litellm", "--current", project}, code: 2, says: `kind "Project"`},
		{name: "current has a typo", args: []string{"import", list, "--format", "litellm", "--current", typo}, code: 2, says: "inptu"},
		{name: "no cluster", args: append([]string{"import", list, "--format", "litellm"}, noConfig...), code: 3, says: "--current FILE"},
		{name: "check without a price", args: []string{"check", "--current", broken}, code: 2, says: "1 prices cannot be used"},
		{name: "check of a price per token", args: []string{"check", "--current", tiny}, code: 2, says: "1 prices cannot be used"},
		{name: "cost of a price per token", args: []string{"cost", "m", "--current", tiny}, code: 2, says: "less than 0.0001 per million tokens"},
		{name: "check of nothing", args: []string{"check", "--current", os.DevNull}, code: 2, says: "there is no PriceTable"},
		{name: "unknown command", args: []string{"bogus"}, code: 2, says: "unknown command"},
		{name: "check of a file by argument", args: []string{"check", current}, code: 2, says: "unknown command"},
		{name: "diff without a file", args: []string{"diff"}, code: 2, says: "give one file"},
		{name: "cost without a model", args: []string{"cost"}, code: 2, says: "give one model"},
		{name: "cost at no instant", args: []string{"cost", "m", "--at", "now"}, code: 2, says: "RFC 3339"},
		{name: "cost of an unknown model", args: []string{"cost", "m", "--current", current}, code: 2, says: `model "m" is unpriced`},
		{name: "cost of audio without a price", args: []string{"cost", "gpt-4o", "--current", current, "--audio-input", "5"}, code: 2, says: "audioInput"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			r := run(t, "", tt.args...)
			if r.code != tt.code {
				t.Fatalf("exit status %d (%v), want %d", r.code, r.failure, tt.code)
			}
			if r.failure != nil && !strings.Contains(r.failure.Error(), tt.says) {
				t.Fatalf("error %v, want one saying %q", r.failure, tt.says)
			}
			if r.failure != nil && tt.args[0] == "import" && strings.Contains(r.out, "kind: PriceTable") {
				t.Fatal("a table was written all the same")
			}
		})
	}
}
