package baseline_test

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/open-policy-agent/opa/v1/ast"
	"github.com/open-policy-agent/opa/v1/cover"
	"github.com/open-policy-agent/opa/v1/format"
	"github.com/open-policy-agent/opa/v1/storage"
	"github.com/open-policy-agent/opa/v1/storage/inmem"
	"github.com/open-policy-agent/opa/v1/tester"
	"sigs.k8s.io/yaml"

	"tollgate.dev/tollgate/rego/baseline"
	"tollgate.dev/tollgate/rego/policy"
	"tollgate.dev/tollgate/rego/settings"
)

// leastCoverage is how many percent of a policy's or a library's lines its
// tests must reach.
const leastCoverage = 90

// TestRego runs the tests that are written in Rego, all files in one compiler,
// over the cluster of testdata.
func TestRego(t *testing.T) {
	modules := parseAll(t)
	store := cluster(t)
	txn := storage.NewTransactionOrDie(t.Context(), store)
	defer store.Abort(t.Context(), txn)
	coverage := cover.New()
	results, err := tester.NewRunner().
		SetStore(store).
		SetTimeout(time.Minute).
		SetModules(modules).
		RaiseBuiltinErrors(true).
		SetCoverageQueryTracer(coverage).
		RunTests(t.Context(), txn)
	if err != nil {
		t.Fatal(err)
	}
	tested := map[string]int{}
	for r := range results {
		tested[r.Location.File]++
		t.Run(strings.TrimPrefix(r.Package, "data.tollgate.")+"/"+r.Name, func(t *testing.T) {
			switch {
			case r.Error != nil:
				t.Errorf("%s: %v", r.Location, r.Error)
			case r.Skip:
				t.Errorf("%s: the test is skipped", r.Location)
			case r.Fail && r.FailedAt != nil:
				t.Errorf("%s: does not hold: %s", r.FailedAt.Location, r.FailedAt)
			case r.Fail:
				t.Errorf("%s: fails", r.Location)
			}
		})
	}
	report := coverage.Report(modules)
	for file := range modules {
		if strings.HasSuffix(file, "_test.rego") {
			continue
		}
		t.Run("coverage/"+file, func(t *testing.T) {
			if own := strings.TrimSuffix(file, ".rego") + "_test.rego"; strings.HasPrefix(file, "policies/") && tested[own] == 0 {
				t.Errorf("%s has no test; write %s", file, own)
			}
			f, ok := report.Files[file]
			if !ok {
				return // a file of constants has no line to reach
			}
			if f.Coverage < leastCoverage {
				t.Errorf("tests reach %.1f%% of %s, %d%% are asked for; not reached: %s", f.Coverage, file, leastCoverage, ranges(f.NotCovered))
			}
		})
	}
}

// TestFormatted holds every file against opa fmt.
func TestFormatted(t *testing.T) {
	for file, source := range sources(t) {
		t.Run(file, func(t *testing.T) {
			want, err := format.Source(file, source)
			if err != nil {
				t.Fatal(err)
			}
			if !bytes.Equal(want, source) {
				t.Errorf("%s is not as opa fmt writes it", file)
			}
			for i, line := range strings.Split(string(source), "\n") {
				if strings.TrimRight(line, " \t") != line {
					t.Errorf("%s:%d: blanks at the end of the line", file, i+1)
				}
			}
		})
	}
}

// TestMetadata holds what a refusal and a report say about a policy.
func TestMetadata(t *testing.T) {
	policies, err := baseline.Policies()
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range policies {
		t.Run(p.ID, func(t *testing.T) {
			text := map[string]string{"title": p.Title, "description": p.Description, "severity": string(p.Severity)}
			if p.Kind == policy.Validation {
				text["remedy"] = p.Remedy
			}
			for what, s := range text {
				if strings.TrimSpace(s) == "" {
					t.Errorf("the %s is missing", what)
				}
			}
			if len(p.Match.Kinds) == 0 {
				t.Error("match.kinds is missing: every review would be judged")
			}
			if source := p.Modules[0].Source; !strings.Contains(source, "package tollgate.baseline."+strings.ReplaceAll(p.ID, "-", "_")+"\n") {
				t.Error("the package is not named after the policy")
			}
		})
	}
}

func ranges(not []cover.Range) string {
	var rows []string
	for _, r := range not {
		rows = append(rows, string(mustJSON([]int{r.Start.Row, r.End.Row})))
	}
	return strings.Join(rows, " ")
}

func sources(t *testing.T) map[string][]byte {
	t.Helper()
	found := map[string][]byte{}
	for _, pattern := range []string{"lib/*.rego", "policies/*/*.rego"} {
		names, err := filepath.Glob(pattern)
		if err != nil {
			t.Fatal(err)
		}
		for _, name := range names {
			if found[name], err = os.ReadFile(name); err != nil {
				t.Fatal(err)
			}
		}
	}
	return found
}

func parseAll(t *testing.T) map[string]*ast.Module {
	t.Helper()
	modules := map[string]*ast.Module{}
	for name, source := range sources(t) {
		m, err := ast.ParseModuleWithOpts(name, string(source), ast.ParserOptions{RegoVersion: ast.RegoV1})
		if err != nil {
			t.Fatal(err)
		}
		modules[name] = m
	}
	return modules
}

// cluster is what tests read: data.tollgate of testdata, and each policy's own
// parameters as data.testing.parameters[id].
func cluster(t testing.TB) storage.Store {
	t.Helper()
	var known map[string]any
	if err := yaml.Unmarshal(read(t, "testdata/cluster.yaml"), &known); err != nil {
		t.Fatal(err)
	}
	known["settings"] = generic(t, testSettings(t))
	policies, err := baseline.Policies()
	if err != nil {
		t.Fatal(err)
	}
	parameters := map[string]any{}
	for _, p := range policies {
		parameters[p.ID] = map[string]any{}
		if p.Parameters != nil {
			parameters[p.ID] = p.Parameters
		}
	}
	return inmem.NewFromObject(generic(t, map[string]any{
		"tollgate": known,
		"testing":  map[string]any{"parameters": parameters},
	}).(map[string]any))
}

func testSettings(t testing.TB) *settings.Settings {
	t.Helper()
	s, err := settings.Load(read(t, "testdata/settings.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func read(t testing.TB, file string) []byte {
	t.Helper()
	b, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func generic(t testing.TB, v any) any {
	t.Helper()
	var out any
	if err := json.Unmarshal(mustJSON(v), &out); err != nil {
		t.Fatal(err)
	}
	return out
}

func mustJSON(v any) []byte {
	b, err := json.Marshal(v)
	if err != nil {
		panic(err)
	}
	return b
}
