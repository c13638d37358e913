package policies_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// docs/policies.md is what the command writes.
func TestTheDocumentIsFresh(t *testing.T) {
	want, code, err := run(t, "", "list", "--output", "markdown")
	if err != nil || code != 0 {
		t.Fatal(code, err)
	}
	have, err := os.ReadFile(filepath.Join("..", "..", "..", "..", "docs", "policies.md"))
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, string(have)); diff != "" {
		t.Errorf("docs/policies.md is stale: run make generate and commit the result (-want +have):\n%s", diff)
	}
}

func TestMarkdownOfAFile(t *testing.T) {
	const odd = `
apiVersion: tollgate.dev/v1alpha1
kind: AdmissionPolicy
metadata: {name: odd}
spec:
  title: Names like <b>*this*</b> | _that_
  remedy: Use ` + "`x`" + `.
  onError: Allow
  enforcement: {webhook: Warn, review: Deny}
  inventory: [{version: v1, kind: Service}]
  match:
    kinds: [{apiGroups: [""], kinds: [Secret]}]
    operations: [DELETE]
    namespaces: ["a-*"]
    labelSelector: {matchLabels: {a: b}}
  parameters: {limit: 3}
  rego: |
    package odd
    violation contains {"msg": "m"} if input.review.name == "x"
`
	out, code, err := run(t, odd, "list", "-o", "markdown", "-")
	if err != nil || code != 0 {
		t.Fatal(code, err)
	}
	for _, want := range []string{
		`| [odd](#odd) | Names like &lt;b>\*this\*&lt;/b> \| \_that\_ | Medium | Warn | Deny |`,
		"## odd\n",
		`- Judges: DELETE of Secret (core); namespaces a-\*; by labels`,
		"- What to do: Use \\`x\\`.",
		"- Enforcement: Warn at admission, Deny in review",
		"- On error: Allow",
		"- Rests on other objects: ",
		"```yaml\nlimit: 3\n```",
		"| [mutation-ownership](#mutation-ownership) | Gateway objects bear their organization's name | Low | fills in | fills in |",
	} {
		if !strings.Contains(out, want) {
			t.Errorf("no %q in\n%s", want, out)
		}
	}
	if _, code, err := run(t, "", "list", "-o", "html"); code != 2 || err == nil || !strings.Contains(err.Error(), "table or markdown") {
		t.Errorf("exit %d: %v", code, err)
	}
}
