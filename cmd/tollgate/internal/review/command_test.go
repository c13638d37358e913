package review_test

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"tollgate.dev/tollgate/cmd/tollgate/internal/exit"
	"tollgate.dev/tollgate/cmd/tollgate/internal/review"
)

// ran is what a run of the command gave.
type ran struct {
	out, stderr string
	code        int
	err         error
}

// run executes `tollgate review args...` as main does, in testdata.
func run(t *testing.T, stdin string, args ...string) ran {
	t.Helper()
	cmd := review.NewCommand(func() string { return "v0.0.0" })
	cmd.SilenceErrors, cmd.SilenceUsage = true, true
	var out, stderr bytes.Buffer
	cmd.SetIn(strings.NewReader(stdin))
	cmd.SetOut(&out)
	cmd.SetErr(&stderr)
	cmd.SetArgs(args)
	err := cmd.ExecuteContext(t.Context())
	code := 0
	if err != nil {
		var ok bool
		if code, ok = exit.Code(err); !ok {
			t.Fatalf("an error without an exit status: %v", err)
		}
	}
	return ran{out.String(), stderr.String(), code, err}
}

func golden(t *testing.T, name, got string) {
	t.Helper()
	file := filepath.Join("golden", name)
	if os.Getenv("UPDATE_GOLDEN") != "" {
		if err := os.MkdirAll("golden", 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Errorf("%s (-want +got):\n%s", file, diff)
	}
}

// TestFormats runs the same review in every format.
func TestFormats(t *testing.T) {
	t.Setenv("COLUMNS", "100")
	t.Chdir("testdata")
	tests := []struct {
		name, file string
		args       []string
	}{
		{"table", "table.txt", nil},
		{"explained", "explain.txt", []string{"--explain"}},
		{"failures only", "failures.txt", []string{"--failures"}},
		{"JSON", "review.json", []string{"-o", "json", "--explain"}},
		{"JUnit", "junit.xml", []string{"-o", "junit"}},
		{"SARIF", "review.sarif", []string{"-o", "sarif"}},
		{"GitHub", "github.txt", []string{"-o", "github"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			r := run(t, "", append([]string{"tenant", "--inventory", "platform", "--settings", "settings.yaml", "--policies", "policy.yaml", "--policies", "warn.yaml"}, tt.args...)...)
			if r.code != 1 {
				t.Errorf("exit status %d, %v; want 1", r.code, r.err)
			}
			golden(t, tt.file, r.out)
		})
	}
}

func TestExitStatus(t *testing.T) {
	t.Chdir("testdata")
	route := func(name, host string) string {
		return "apiVersion: networking.k8s.io/v1\nkind: Ingress\nmetadata: {name: " + name + ", namespace: acme-web}\nspec:\n  ingressClassName: higress\n  rules:\n  - host: " + host +
			"\n    http: {paths: [{path: /x, pathType: Prefix, backend: {service: {name: web, port: {number: 80}}}}]}\n"
	}
	tests := []struct {
		name, stdin string
		args        []string
		want        int
		says        string // in the output or the error
	}{
		{name: "pass", args: []string{"tenant", "--inventory", "platform"}, want: 0, says: "3 passed, 1 not judged"},
		{name: "stdin", stdin: route("x", "acme.example"), args: []string{"-", "--inventory", "platform"}, want: 0, says: "stdin:1"},
		{name: "violation", args: []string{"escape", "--inventory", "platform"}, want: 1, says: "route-hosts: spec.rules[0].host (line 7)"},
		{name: "a warning passes", args: []string{"tenant", "--inventory", "platform", "--policies", "warn.yaml"}, want: 0, says: "1 warned"},
		{name: "an admin is free of a tenant's scope", args: []string{"escape", "--inventory", "platform", "--as", "root", "--as-group", "system:masters"}, want: 0},
		{name: "a stranger", args: []string{"tenant/shop.yaml", "--inventory", "platform", "--as", "mallory"}, want: 1, says: "requester"},
		{name: "a service account of the namespace", args: []string{"tenant/shop.yaml", "--inventory", "platform", "--as", "system:serviceaccount:acme-web:ci"}, want: 0},
		{name: "bad input", args: []string{"bad/broken.yaml"}, want: 2, says: `bad/broken.yaml:3: key "name" already set in map`},
		{name: "bad input beside a violation", args: []string{"bad/broken.yaml", "escape", "--inventory", "platform"}, want: 2, says: "1 denied"},
		{name: "an object that the API server refuses", args: []string{"bad/invalid.yaml", "--inventory", "platform"}, want: 2, says: "Must have port for Service reference (line 8)"},
		{name: "a version that is gone", args: []string{"bad/old-version.yaml"}, want: 2, says: "not served in networking.k8s.io/v1beta1 since Kubernetes 1.22"},
		{name: "a file that is not there", args: []string{"nowhere.yaml"}, want: 2, says: "nowhere.yaml: no such file"},
		{name: "a policy that does not compile", args: []string{"tenant", "--inventory", "platform", "--policies", "bad-policy.yaml"}, want: 2, says: "rego_unsafe_var_error"},
		{name: "a policy that fails", args: []string{"tenant", "--inventory", "platform", "--policies", "failing-policy.yaml"}, want: 2, says: "failing could not judge this request"},
		{name: "no policy", args: []string{"tenant", "--policies", "settings.yaml"}, want: 2, says: "apiVersion and kind must be given"},
		{name: "policies that are none", args: []string{"tenant", "--policies", "tenant"}, want: 2, says: "is no AdmissionPolicy"},
		{name: "settings that are none", args: []string{"tenant", "--settings", "policy.yaml"}, want: 2, says: "reading the settings"},
		{name: "settings of a policy that is not there", stdin: route("x", "acme.example"), args: []string{"-", "--settings", "unknown-policy.yaml"}, want: 2, says: "route-hostz"},
		{name: "an inventory that cannot be read", args: []string{"tenant", "--inventory", "bad/broken.yaml"}, want: 2, says: "bad/broken.yaml:3"},
		{name: "no cluster", args: []string{"tenant", "--cluster", "--kubeconfig", "nowhere"}, want: 2, says: "--inventory to work without a cluster"},
		{name: "no organizations", args: []string{"tenant"}, want: 2, says: "no Organization is known"},
		{name: "nothing judged", args: []string{"configmap.yaml"}, want: 3, says: "nothing was evaluated"},
		{name: "an empty folder", args: []string{t.TempDir()}, want: 3, says: "nothing was evaluated: the input holds no object (of a folder, files that end in"},
		{name: "empty stdin", args: []string{"-"}, want: 3},
		{name: "no arguments", want: 2, says: "give files or folders"},
		{name: "an unknown format", args: []string{"tenant", "-o", "yaml"}, want: 2, says: "github, json, junit, sarif, table"},
		{name: "an unknown flag", args: []string{"tenant", "--bogus"}, want: 2, says: "unknown flag"},
		{name: "an unknown operation", args: []string{"tenant", "--operation", "PATCH"}, want: 2, says: "CREATE, UPDATE or DELETE"},
		{name: "a group without a user", args: []string{"tenant", "--as-group", "x"}, want: 2, says: "--as-group needs --as"},
		{name: "a kubeconfig without --cluster", args: []string{"tenant", "--kubeconfig", "x"}, want: 2, says: "need --cluster"},
		{name: "stdin twice", args: []string{"-", "--inventory", "-"}, want: 2, says: "stdin (-) can be read once"},
		{name: "an update of nothing", args: []string{"tenant/shop.yaml", "--operation", "UPDATE"}, want: 2, says: "there is no object to update: give it with --old"},
		{name: "an update", args: []string{"tenant/shop.yaml", "--inventory", "platform", "--old", "tenant"}, want: 0, says: "1 passed"},
		{name: "a deletion", args: []string{"tenant/shop.yaml", "--inventory", "platform", "--operation", "DELETE"}, want: 0},
		{name: "a suite that fails", args: []string{"--suite", "suite"}, want: 1, says: "6 cases: 4 as expected, 2 not"},
		{name: "a suite without cases", args: []string{"--suite", "empty-suite"}, want: 3, says: "there is no case"},
		{name: "a suite that is none", args: []string{"--suite", "tenant"}, want: 2, says: "suite.yaml"},
		{name: "a suite with arguments", args: []string{"tenant", "--suite", "suite"}, want: 2, says: "leave the arguments out"},
		{name: "a suite with flags of its own", args: []string{"--as", "x", "--suite", "suite"}, want: 2, says: "--as does not go with --suite"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			r := run(t, tt.stdin, tt.args...)
			said := r.out
			if r.err != nil {
				said += r.err.Error()
			}
			if r.code != tt.want || !strings.Contains(strings.Join(strings.Fields(said), " "), tt.says) {
				t.Errorf("exit status %d, want %d; said, without %q:\n%s", r.code, tt.want, tt.says, said)
			}
		})
	}
}

func TestSuiteFormats(t *testing.T) {
	t.Chdir("testdata")
	for _, format := range []string{"table", "json", "junit", "sarif", "github"} {
		t.Run(format, func(t *testing.T) {
			r := run(t, "", "--suite", "suite", "-o", format)
			if r.code != 1 || !strings.Contains(r.out, "cases/wrong.yaml") || !strings.Contains(r.out, "want Allow, got Deny") {
				t.Errorf("exit status %d, %v\n%s", r.code, r.err, r.out)
			}
		})
	}
}

// TestObjectsComeTogether holds the order in which a set of objects is judged:
// each with all the others, but for those that are refused.
func TestObjectsComeTogether(t *testing.T) {
	t.Chdir("testdata")
	organization := "apiVersion: tollgate.dev/v1alpha1\nkind: Organization\nmetadata: {name: initech}\nspec: {namespaces: [initech-web], domains: [initech.example], members: {groups: [initech]}}\n"
	namespace := "apiVersion: v1\nkind: Namespace\nmetadata: {name: initech-web}\n"
	route := "apiVersion: networking.k8s.io/v1\nkind: Ingress\nmetadata: {name: web, namespace: initech-web}\nspec:\n  ingressClassName: higress\n  rules:\n  - host: %s\n    http: {paths: [{path: /x, pathType: Prefix, backend: {service: {name: web, port: {number: 80}}}}]}\n"
	own, foreign := strings.Replace(route, "%s", "initech.example", 1), strings.Replace(route, "%s", "acme.example", 1)
	policy := "apiVersion: tollgate.dev/v1alpha1\nkind: AdmissionPolicy\nmetadata: {name: no-web}\nspec:\n  match: {kinds: [{apiGroups: [networking.k8s.io], kinds: [Ingress]}]}\n  rego: |\n    package p\n    violation contains {\"msg\": \"no web\"} if input.review.name == \"web\"\n"
	join := func(docs ...string) string { return strings.Join(docs, "---\n") }
	admin := []string{"--as", "root", "--as-group", "system:masters"}
	member := []string{"--as", "bill", "--as-group", "initech"}
	tests := []struct {
		name, stdin string
		args        []string
		want        int
		says        string
	}{
		{"a route before its organization", join(own, namespace, organization), admin, 0, "2 passed"},
		{"a route of a tenant who may not write the organization that it rests on", join(own, namespace, organization), member, 1, "route-unowned"},
		{"a host of somebody else, by nobody in particular", join(foreign, namespace, organization), nil, 1, "route-hosts"},
		{"a policy judges what comes with it", join(own, policy, namespace, organization), admin, 1, "no web"},
		{"a policy that is refused judges nothing", join(policy, strings.NewReplacer("initech-web", "acme-web", "initech", "acme").Replace(own)), []string{"--as", "alice", "--as-group", "acme"}, 1, "platform-objects"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			r := run(t, tt.stdin, append([]string{"-", "--inventory", "platform"}, tt.args...)...)
			if r.code != tt.want || !strings.Contains(r.out, tt.says) {
				t.Errorf("exit status %d, want %d, and %q in:\n%s", r.code, tt.want, tt.says, r.out)
			}
			if strings.Contains(tt.name, "judges nothing") && strings.Contains(r.out, "no web") {
				t.Errorf("the refused policy judged:\n%s", r.out)
			}
		})
	}
}
