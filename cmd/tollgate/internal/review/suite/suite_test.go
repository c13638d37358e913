package suite_test

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"tollgate.dev/tollgate/cmd/tollgate/internal/review/suite"
)

const (
	head    = "apiVersion: review.tollgate.dev/v1alpha1\nkind: Suite\n"
	secret  = "apiVersion: v1\nkind: Secret\nmetadata: {name: a}\n"
	allowed = head + "defaults: {expect: Allow}\n"
)

// folder writes files by name and returns the folder.
func folder(t *testing.T, files map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	for name, text := range files {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func TestLoad(t *testing.T) {
	s, err := suite.Load(folder(t, map[string]string{
		"suite.yaml":             head + "settings: conf/settings.yaml\ninventory: [there/]\ndefaults: {expect: Deny, as: {user: a, groups: [g]}}\ncases: {b/c.yaml: {operation: UPDATE, old: old/a.yaml, expect: Warn, policies: [p], as: {user: b}}}\n",
		"conf/settings.yaml":     "{}\n",
		"there/x.yaml":           secret,
		"there/deeper/y.yaml":    secret + "---\n" + secret,
		"old/a.yaml":             secret,
		"a.yaml":                 secret,
		"b/c.yaml":               secret,
		"b/notes.md":             "no case",
		"b/inventory/z.yaml":     secret, // not the suite's inventory: a case
		"there-are-cases/d.yaml": secret,
	}))
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, c := range s.Cases {
		old := ""
		if c.Old != nil {
			old = c.Old.GetName()
		}
		got = append(got, strings.Join([]string{c.Name, string(c.Operation), string(c.Expect), c.User.Name, strings.Join(c.User.Groups, "+"), old, strings.Join(c.Policies, "+")}, " "))
	}
	want := []string{
		"a.yaml CREATE Deny a g  ",
		"b/c.yaml UPDATE Warn b  a p",
		"b/inventory/z.yaml CREATE Deny a g  ",
		"there-are-cases/d.yaml CREATE Deny a g  ",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("cases (-want +got):\n%s", diff)
	}
	if len(s.Existing) != 3 {
		t.Errorf("%d objects exist, want 3", len(s.Existing))
	}
}

func TestLoadRefuses(t *testing.T) {
	tests := []struct {
		name  string
		files map[string]string
		want  string
	}{
		{"no suite.yaml", nil, "no such file"},
		{"another kind", map[string]string{"suite.yaml": "apiVersion: v1\nkind: Suite\n"}, "is v1 Suite, not a Suite of review.tollgate.dev/v1alpha1"},
		{"an unknown field", map[string]string{"suite.yaml": head + "expects: Deny\n"}, "unknown field"},
		{"a key twice", map[string]string{"suite.yaml": head + "kind: Suite\n"}, "already set"},
		{"a case that is not there", map[string]string{"suite.yaml": allowed + "cases: {a.yaml: {}}\n"}, "names the case a.yaml: there is no such file"},
		{"an expectation that is none", map[string]string{"suite.yaml": head, "a.yaml": secret}, `a.yaml: expect is ""`},
		{"two objects", map[string]string{"suite.yaml": allowed, "a.yaml": secret + "---\n" + secret}, "has 2 objects; a case is one"},
		{"no object", map[string]string{"suite.yaml": allowed, "a.yaml": "# nothing\n"}, "has 0 objects"},
		{"bad YAML", map[string]string{"suite.yaml": allowed, "a.yaml": "a: b: c\n"}, "a.yaml:1"},
		{"an old object that is not there", map[string]string{"suite.yaml": allowed + "cases: {a.yaml: {old: b.yaml}}\n", "a.yaml": secret}, "reading what it replaces"},
		{"an inventory that is not there", map[string]string{"suite.yaml": allowed + "inventory: [there]\n"}, "no such file"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if _, err := suite.Load(folder(t, tt.files)); err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("error %v, want one with %q", err, tt.want)
			}
		})
	}
}

// world is an organization and a namespace that a policy of the world guards.
const world = `
apiVersion: v1
kind: Namespace
metadata: {name: default}
---
apiVersion: tollgate.dev/v1alpha1
kind: AdmissionPolicy
metadata: {name: names}
spec:
  match: {kinds: [{apiGroups: [""], kinds: [ConfigMap]}], operations: [CREATE, UPDATE, DELETE]}
  rego: |
    package names
    violation contains {"msg": "denied"} if startswith(input.review.name, "deny")
    violation contains {"msg": "failing"} if to_number(input.review.object.data.number) == 1
---
apiVersion: tollgate.dev/v1alpha1
kind: AdmissionPolicy
metadata: {name: warnings}
spec:
  enforcement: {review: Warn}
  match: {kinds: [{apiGroups: [""], kinds: [ConfigMap]}]}
  rego: |
    package warnings
    violation contains {"msg": "warned"} if contains(input.review.name, "warn")
`

// TestRun holds verdicts against every expectation.
func TestRun(t *testing.T) {
	object := func(name string) string {
		return "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: " + name + "}\n"
	}
	cases := []struct{ file, text, entry, wrong string }{
		{"allow.yaml", object("x"), "{expect: Allow}", ""},
		{"allow-warned.yaml", object("warn"), "{expect: Allow}", "want Allow, got Warn"},
		{"allow-denied.yaml", object("deny"), "{expect: Allow}", "want Allow, got Deny"},
		{"deny.yaml", object("deny"), "{expect: Deny, policies: [names]}", ""},
		{"deny-and-warn.yaml", object("deny-warn"), "{expect: Deny, policies: [names]}", ""},
		{"deny-allowed.yaml", object("x"), "{expect: Deny}", "want Deny, got Allow"},
		{"deny-by-another.yaml", object("deny"), "{expect: Deny, policies: [names, warnings]}", "want Deny by names, warnings, it is by names"},
		{"deleted.yaml", object("deny"), "{expect: Deny, operation: DELETE}", ""},
		{"warn.yaml", object("warn"), "{expect: Warn, policies: [warnings]}", ""},
		{"warn-denied.yaml", object("deny"), "{expect: Warn}", "want Warn, got Deny"},
		{"invalid.yaml", object("Bad_Name"), "{expect: Invalid}", ""},
		{"invalid-allowed.yaml", object("x"), "{expect: Invalid}", "want Invalid, got Allow"},
		{"invalid-unexpected.yaml", object("Bad_Name"), "{expect: Deny}", "want Deny, got Invalid"},
		{"failing.yaml", object("x") + "data: {number: x}\n", "{expect: Deny}", "names could not judge this request"},
	}
	files := map[string]string{"inventory/world.yaml": world}
	var b strings.Builder
	b.WriteString(head + "inventory: [inventory]\ncases:\n")
	for _, c := range cases {
		files[c.file] = c.text
		b.WriteString("  " + c.file + ": " + c.entry + "\n")
	}
	files["suite.yaml"] = b.String()
	s, err := suite.Load(folder(t, files))
	if err != nil {
		t.Fatal(err)
	}
	runner, err := s.Open(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	got := map[string]string{}
	var all []*suite.Verdict
	for i := range s.Cases {
		v, err := runner.Run(t.Context(), &s.Cases[i])
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, v)
		if got[v.Case.Name] = ""; v.Wrong != nil {
			got[v.Case.Name] = v.Wrong.Error()
		}
	}
	failed := 0
	for _, c := range cases {
		if c.wrong != "" {
			failed++
		}
		if !strings.Contains(got[c.file], c.wrong) || (c.wrong == "") != (got[c.file] == "") {
			t.Errorf("%s: %q, want %q", c.file, got[c.file], c.wrong)
		}
	}
	var out bytes.Buffer
	if err := suite.Table(&out, all); err != nil {
		t.Fatal(err)
	}
	for _, part := range []string{"CASE", "allow-denied.yaml", "  names: denied.", "14 cases: 6 as expected, 8 not"} {
		if !strings.Contains(out.String(), part) {
			t.Errorf("the table has no %q:\n%s", part, out.String())
		}
	}
	if got := suite.Report("dir", all).Summary(); got.Denied != failed || got.Passed != len(cases)-failed {
		t.Errorf("summary %+v, want %d failed", got, failed)
	}
}
