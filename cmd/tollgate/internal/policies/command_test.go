package policies_test

import (
	"bytes"
	"strings"
	"testing"

	"tollgate.dev/tollgate/cmd/tollgate/internal/exit"
	"tollgate.dev/tollgate/cmd/tollgate/internal/policies"
)

const good = `
apiVersion: tollgate.dev/v1alpha1
kind: AdmissionPolicy
metadata: {name: mine}
spec:
  title: My own
  rego: |
    package mine
    violation contains {"msg": "m"} if input.review.name == "x"
`

const template = `
apiVersion: templates.gatekeeper.sh/v1
kind: ConstraintTemplate
metadata: {name: x}
spec:
  crd: {spec: {names: {kind: X}}}
  targets:
  - target: admission.k8s.gatekeeper.sh
    rego: |
      package x
      violation[{"msg": "m"}] { data.inventory.cluster[_].Node[input.review.name] }
---
apiVersion: constraints.gatekeeper.sh/v1beta1
kind: X
metadata: {name: nodes}
`

func run(t *testing.T, stdin string, args ...string) (out string, code int, err error) {
	t.Helper()
	cmd := policies.NewCommand()
	cmd.SilenceErrors, cmd.SilenceUsage = true, true
	var b bytes.Buffer
	cmd.SetIn(strings.NewReader(stdin))
	cmd.SetOut(&b)
	cmd.SetErr(&b)
	cmd.SetArgs(args)
	if err = cmd.ExecuteContext(t.Context()); err != nil {
		var ok bool
		if code, ok = exit.Code(err); !ok {
			t.Fatalf("an error without an exit status: %v", err)
		}
	}
	return b.String(), code, err
}

func TestCommands(t *testing.T) {
	tests := []struct {
		name, stdin string
		args        []string
		code        int
		says        []string // in the output, or in the error
	}{
		{name: "list", args: []string{"list"}, says: []string{"ID ", "route-hosts", "Mutation", "Tollgate"}},
		{name: "list with files", stdin: good, args: []string{"list", "-"}, says: []string{"mine", "-:2", "My own", "route-hosts"}},
		{name: "list with settings", args: []string{"list", "--settings", "testdata/settings.yaml"}, says: []string{"DryRun"}},
		{name: "list what is no policy", stdin: "apiVersion: v1\nkind: Secret\nmetadata: {name: x}\n", args: []string{"list", "-"}, code: 2, says: []string{"stdin:1: x: it is v1 Secret, no AdmissionPolicy"}},
		{name: "show", args: []string{"show", "route-hosts"}, says: []string{"Policy:", "Why:", "package tollgate.baseline.route_hosts"}},
		{name: "show one of a file", stdin: good, args: []string{"show", "mine", "-"}, says: []string{"My own", "package mine", "From:        -:2"}},
		{name: "show nothing", args: []string{"show"}, code: 2, says: []string{"give the id"}},
		{name: "show what is not there", args: []string{"show", "bogus"}, code: 2, says: []string{`there is no policy "bogus"`}},
		{name: "check", stdin: good, args: []string{"check", "-"}, says: []string{"mine: ok"}},
		{name: "check a policy that does not compile", stdin: strings.Replace(good, `"x"`, "y", 1), args: []string{"check", "-"}, code: 2, says: []string{"stdin:2: mine: mine.rego:2:", "rego_unsafe_var_error: var y is unsafe"}},
		{name: "check a policy that reaches the network", stdin: strings.Replace(good, `input.review.name == "x"`, `http.send({})`, 1), args: []string{"check", "-"}, code: 2, says: []string{"http.send is not available to policies"}},
		{name: "check a name that is taken", stdin: strings.Replace(good, "mine}", "route-hosts}", 1), args: []string{"check", "-"}, code: 2, says: []string{"its name is taken, by Tollgate"}},
		{name: "check two of a name", stdin: good + "---" + good, args: []string{"check", "-"}, code: 2, says: []string{"its name is taken, by -:2"}},
		{name: "check a field that the API server refuses", stdin: strings.Replace(good, "title:", "severity: Loud\n  title:", 1), args: []string{"check", "-"}, code: 2, says: []string{"spec.severity: Unsupported value"}},
		{name: "check a selector that cannot be", stdin: strings.Replace(good, "title:", "match: {labelSelector: {matchExpressions: [{key: a, operator: Near}]}}\n  title:", 1), args: []string{"check", "-"}, code: 2, says: []string{"labelSelector"}},
		{name: "check nothing", stdin: "", args: []string{"check", "-"}, code: 3, says: []string{"there is no AdmissionPolicy"}},
		{name: "check without arguments", args: []string{"check"}, code: 2, says: []string{"give files or folders"}},
		{name: "import", stdin: template, args: []string{"import", "-", "--inventory", "v1/Node"}, says: []string{"name: nodes", "kind: Node", "regoVersion: v0", "package x"}},
		{name: "import without the kinds", stdin: template, args: []string{"import", "-"}, code: 2, says: []string{"--inventory GROUP/VERSION/KIND"}},
		{name: "import with a bad kind", stdin: template, args: []string{"import", "-", "--inventory", "Node"}, code: 2, says: []string{`"Node" is not GROUP/VERSION/KIND`}},
		{name: "import nothing", args: []string{"import", "-"}, code: 3, says: []string{"there is no ConstraintTemplate"}},
		{name: "import what cannot be read", stdin: "a: [", args: []string{"import", "-"}, code: 2, says: []string{"stdin:1"}},
		{name: "an unknown flag", args: []string{"list", "--bogus"}, code: 2, says: []string{"unknown flag"}},
		{name: "an argument", args: []string{"bogus"}, code: 2, says: []string{"bogus"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			out, code, err := run(t, tt.stdin, tt.args...)
			if err != nil {
				out += err.Error()
			}
			if code != tt.code {
				t.Errorf("exit status %d, want %d", code, tt.code)
			}
			for _, part := range tt.says {
				if !strings.Contains(out, part) {
					t.Errorf("it does not say %q:\n%s", part, out)
				}
			}
		})
	}
}

// TestImportedPoliciesPassTheCheck hands what import writes to check.
func TestImportedPoliciesPassTheCheck(t *testing.T) {
	out, code, err := run(t, template, "import", "-", "--inventory", "v1/Node")
	if code != 0 {
		t.Fatal(err)
	}
	if out, code, err = run(t, out, "check", "-"); code != 0 || out != "nodes: ok\n" {
		t.Errorf("%q, exit status %d, %v", out, code, err)
	}
}
