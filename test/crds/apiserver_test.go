package crds

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"tollgate.dev/tollgate/hack/cluster"
	"tollgate.dev/tollgate/hack/cluster/clustertest"
)

// A real kube-apiserver takes the definitions and the examples, refuses what is
// wrong with the message that the field's author wrote, and explains.
func TestAgainstKubeAPIServer(t *testing.T) {
	cp := clustertest.ControlPlane(t)
	kubectl, err := cp.Kubectl(cluster.Admin())
	if err != nil {
		t.Fatal(err)
	}
	run := func(args ...string) (string, string, error) {
		t.Helper()
		return kubectl.Run(t.Context(), args...)
	}
	must := func(args ...string) string {
		t.Helper()
		out, stderr, err := run(args...)
		if err != nil {
			t.Fatalf("kubectl %s: %v\n%s", strings.Join(args, " "), err, stderr)
		}
		return out
	}
	file := func(object string) string {
		t.Helper()
		f := filepath.Join(t.TempDir(), "object.yaml")
		if err := os.WriteFile(f, []byte(object), 0o600); err != nil {
			t.Fatal(err)
		}
		return f
	}

	manifests := filepath.Join("..", "..", "manifests")
	must("apply", "--server-side", "-k", filepath.Join(manifests, "crds"))
	if err := kubectl.AwaitTypes(t.Context()); err != nil {
		t.Fatal(err)
	}
	must("apply", "-k", filepath.Join(manifests, "examples"))

	must("apply", "-f", file(organization(`namespaces: [acme-chat]`, `budget: {limit: "9000000.00"}`)))
	must("apply", "-f", file(project(`budget: {limit: "2000", period: Weekly, anchor: {weekday: Sunday}}`, `groups: [{name: engineers, users: [{name: Alice@acme.example}]}]`)))
	must("apply", "-f", file(prices(`model: a, input: "0.15"`)))
	if got := must("get", "project", "chat", "-n", "acme-chat", "-o", "jsonpath={.spec.budget.timeZone} {.spec.budget.enforcement}"); got != "UTC Block" {
		t.Errorf("defaults: %q", got)
	}
	for _, alias := range []string{"orgs", "org", "proj", "prices", "tollgate"} {
		must("get", alias, "-A")
	}

	refused := []struct{ name, object, want string }{
		{name: "a limit", object: project(`budget: {limit: "1e3"}`), want: decimal},
		{name: "too large a limit", object: project(`budget: {limit: "9000000.000000001"}`), want: "must be at most 9000000 dollars per window"},
		{name: "a user twice but for case", object: users("alice", "Alice"), want: "two users have the same name but for upper and lower case"},
		{name: "a reserved group", object: project(`groups: [{name: metrics}]`), want: reserved},
		{name: "another organization", object: strings.Replace(project(), "organization: acme", "organization: globex", 1), want: "a project cannot move to another organization"},
		{name: "two tenants", object: organization(`mimirTenant: "a|b"`), want: "no | that would join tenants"},
		{name: "a price", object: prices(`model: a, input: "-1"`), want: "spec.models[0].input"},
	}
	for _, tt := range refused {
		t.Run(tt.name, func(t *testing.T) {
			_, stderr, err := run("apply", "-f", file(tt.object))
			if err == nil || !strings.Contains(stderr, tt.want) {
				t.Errorf("%v: %q does not say %q", err, stderr, tt.want)
			}
		})
	}

	explained := []struct{ field, want string }{
		{field: "project.spec.groups.userBudget", want: "what each user of the group may spend"},
		{field: "organization.spec.namespaces", want: "A namespace that an older organization"},
		{field: "pricetable.spec.models.effectiveFrom", want: "the moment from which the price holds"},
	}
	for _, tt := range explained {
		// kube-apiserver's document of all types follows within seconds.
		for deadline := time.Now().Add(3 * time.Minute); ; time.Sleep(50 * time.Millisecond) {
			got, _, err := run("explain", tt.field)
			if err == nil && strings.Contains(strings.Join(strings.Fields(got), " "), tt.want) {
				break
			}
			if time.Now().After(deadline) {
				t.Errorf("explain %s does not say %q: %v\n%s", tt.field, tt.want, err, got)
				break
			}
		}
	}
}
