package apiserver_test

import (
	"strings"
	"testing"

	"tollgate.dev/tollgate/hack/cluster"
	"tollgate.dev/tollgate/test/apiserver/rig"
)

func badInput(t *testing.T, r *rig.Rig) {
	for _, tt := range []struct {
		args  []string
		parts []string
	}{
		{[]string{"get", "budgets", "-A", "--field-selector", "stat=Active"}, []string{"BadRequest", `"stat" is not known`, "metadata.name, metadata.namespace, state"}},
		{[]string{"get", "budgets", "-A", "--field-selector", "model=x"}, []string{"BadRequest", `"model" is not known`}},
		{[]string{"get", "budgets", "-A", "--field-selector", "state!=Active"}, []string{"BadRequest", `"state" is compared with "!="`}},
		{[]string{"get", "budgets", "-A", "--field-selector", "state="}, []string{"BadRequest", `"state" has no value`}},
		{[]string{"get", "budgets", "-A", "--field-selector", "state=Active,state=Warning"}, []string{"BadRequest", `"state" is given twice`}},
		{[]string{"get", "budgets", "-A", "--field-selector", "state=Gone"}, []string{"BadRequest", `state is "Gone"`, "Active, Warning, Exhausted, Unknown"}},
		{[]string{"get", "budgets", "-A", "-l", "team=x"}, []string{"BadRequest", `"team" is not known`, "organization, project, group, user, level"}},
		{[]string{"get", "organizationbudgets", "-l", "project=x"}, []string{"BadRequest", `"project" is not known`, "organization, level"}},
		{[]string{"get", "organizationbudgets", "--field-selector", "metadata.namespace=x"}, []string{"BadRequest", "metadata.name, state"}},
		{[]string{"get", "--raw", "/apis/metering.tollgate.dev/v1alpha1/budgets?limit=2&continue=bm90LW91cnM"}, []string{"BadRequest", "continue token was not issued"}},
		{[]string{"get", "--raw", "/apis/metering.tollgate.dev/v1alpha1/budgets?limit=-1"}, []string{"BadRequest", "limit"}},
		{[]string{"get", "budget", "missing", "-n", "acme-chat"}, []string{"NotFound", `"missing" not found`}},
		{[]string{"get", "budget", "chat.engineers.nobody", "-n", "acme-chat"}, []string{"NotFound"}},
		{[]string{"get", "budget", "search", "-n", "acme-chat"}, []string{"NotFound"}},
		{[]string{"get", "organizationbudget", "missing"}, []string{"NotFound"}},
	} {
		refused(t, r.Admin, tt.parts, tt.args...)
	}
}

const aBudget = `{"apiVersion":"metering.tollgate.dev/v1alpha1","kind":"Budget","metadata":{"name":"chat","namespace":"acme-chat"}}`

func readingOnly(t *testing.T, r *rig.Rig) {
	everything := kubectl(t, r, cluster.User{Name: "everything"})
	viewer := kubectl(t, r, alice())
	for _, tt := range []struct {
		name  string
		input string
		args  []string
	}{
		{name: "create", input: aBudget, args: []string{"create", "--validate=false", "-f", "-"}},
		{name: "delete", args: []string{"delete", "budget", "chat", "-n", "acme-chat", "--wait=false"}},
		{name: "patch", args: []string{"patch", "budget", "chat", "-n", "acme-chat", "--type=merge", "-p", "{}"}},
		{name: "watch", args: []string{"get", "--raw", "/apis/metering.tollgate.dev/v1alpha1/namespaces/acme-chat/budgets?watch=true"}},
		{name: "delete all", args: []string{"delete", "--raw", "/apis/metering.tollgate.dev/v1alpha1/namespaces/acme-chat/budgets"}},
	} {
		for user, want := range map[*cluster.Kubectl]string{everything: "MethodNotAllowed", viewer: "Forbidden"} {
			_, errs, err := user.RunInput(t.Context(), []byte(tt.input), tt.args...)
			if err == nil || !strings.Contains(errs, want) && !(want == "MethodNotAllowed" && strings.Contains(errs, "does not allow this method")) {
				t.Errorf("%s: %v, want %s", tt.name, err, want)
			}
		}
	}
}

func oneNamespace(t *testing.T, r *rig.Rig) {
	k := kubectl(t, r, alice())
	out, _ := run(t, k, "get", "budgets", "-n", "acme-chat", "-o", "name")
	if !strings.Contains(out, "chat.engineers") || strings.Contains(out, "search") || strings.Contains(out, "scientists") {
		t.Errorf("alice sees %s", out)
	}
	for _, args := range [][]string{
		{"get", "budgets", "-A"},
		{"get", "budgets", "-n", "acme-search"},
		{"get", "budgets", "-n", "globex-research"},
		{"get", "budget", "chat", "-n", "globex-research"},
		{"get", "organizationbudgets"},
		{"get", "organizationbudget", "acme"},
	} {
		refused(t, k, []string{"Forbidden"}, args...)
	}
	// Asking for another namespace from inside one's own shows nothing of it.
	out, _ = run(t, k, "get", "budgets", "-n", "acme-chat", "--field-selector", "metadata.namespace=globex-research", "-o", "name")
	if strings.TrimSpace(out) != "" {
		t.Errorf("alice sees %s", out)
	}
}
