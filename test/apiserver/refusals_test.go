package apiserver_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"k8s.io/client-go/rest"

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
		{[]string{"get", "--raw", "/apis/metering.tollgate.dev/v1alpha1/budgets?limit=-1"}, []string{"BadRequest", "-1 is below 0"}},
		{[]string{"get", "budget", "missing", "-n", "acme-chat"}, []string{"NotFound", `"missing" not found`}},
		{[]string{"get", "budget", "chat.engineers.nobody", "-n", "acme-chat"}, []string{"NotFound", `"chat.engineers.nobody" not found`}},
		{[]string{"get", "budget", "search", "-n", "acme-chat"}, []string{"NotFound", `"search" not found`}},
		{[]string{"get", "organizationbudget", "missing"}, []string{"NotFound", `"missing" not found`}},
	} {
		refused(t, r.Admin, tt.parts, tt.args...)
	}
}

func readingOnly(t *testing.T, r *rig.Rig) {
	onlyRead(t, r, "Budget", "budgets", "acme-chat", "chat")
	onlyRead(t, r, "OrganizationBudget", "organizationbudgets", "", "acme")
}

// onlyRead expects that nobody writes or watches a resource: not those whom RBAC
// would let, nor those whom it does not. A resource of the cluster has no namespace.
func onlyRead(t *testing.T, r *rig.Rig, kind, resource, namespace, name string) {
	t.Helper()
	path := "/apis/metering.tollgate.dev/v1alpha1/"
	meta, where := fmt.Sprintf(`"name":%q`, name), []string{}
	if namespace != "" {
		path += "namespaces/" + namespace + "/"
		meta += fmt.Sprintf(`,"namespace":%q`, namespace)
		where = []string{"-n", namespace}
	}
	path += resource
	object := fmt.Sprintf(`{"apiVersion":"metering.tollgate.dev/v1alpha1","kind":%q,"metadata":{%s}}`, kind, meta)
	everything := kubectl(t, r, cluster.User{Name: "everything"})
	viewer := kubectl(t, r, alice())
	for _, tt := range []struct {
		name  string
		input string
		args  []string
	}{
		{name: "create", input: object, args: []string{"create", "--validate=false", "-f", "-"}},
		{name: "delete", args: append([]string{"delete", resource, name, "--wait=false"}, where...)},
		{name: "watch", args: []string{"get", "--raw", path + "?watch=true"}},
		{name: "watch one", args: []string{"get", "--raw", path + "?watch=true&fieldSelector=metadata.name%3D" + name}},
		{name: "replace", input: object, args: []string{"replace", "--raw", path + "/" + name, "-f", "-"}},
		{name: "delete all", args: []string{"delete", "--raw", path}},
	} {
		for user, want := range map[*cluster.Kubectl]string{everything: "MethodNotAllowed", viewer: "Forbidden"} {
			_, errs, err := answered(t, user, tt.input, tt.args...)
			if err == nil || !strings.Contains(errs, want) && !(want == "MethodNotAllowed" && strings.Contains(errs, "does not allow this method")) {
				t.Errorf("%s %s: %v, want %s", tt.name, resource, err, want)
			}
		}
	}
	for want, user := range map[int]cluster.User{http.StatusMethodNotAllowed: {Name: "everything"}, http.StatusForbidden: alice()} {
		eventually(t, func(context.Context) error {
			status := patch(t, r, user, path+"/"+name)
			if status == http.StatusServiceUnavailable { // kube-apiserver's own answer, as in answered
				return errors.New("away")
			}
			if status != want {
				t.Errorf("patch %s as %s: %d, want %d", resource, user.Name, status, want)
			}
			return nil
		})
	}
}

// patch sends a patch, as kubectl cannot: it reads the object first.
func patch(t *testing.T, r *rig.Rig, u cluster.User, path string) (status int) {
	t.Helper()
	cfg, err := r.Plane.Config(u)
	if err != nil {
		t.Fatal(err)
	}
	c, err := rest.HTTPClientFor(cfg)
	if err != nil {
		t.Fatal(err)
	}
	defer c.CloseIdleConnections()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPatch, cfg.Host+path, strings.NewReader("{}"))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/merge-patch+json")
	resp, err := c.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	return resp.StatusCode
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
		refused(t, k, []string{"Forbidden", `User "alice" cannot`}, args...)
	}
	// Every way to read that an administrator has, they have in their own.
	for _, tt := range []struct {
		want string
		args []string
	}{
		{"ENFORCEMENT", []string{"get", "budgets", "-n", "acme-chat", "-o", "wide"}},
		{"spent: \"25.00\"", []string{"get", "budget", "chat.engineers.bob", "-n", "acme-chat", "-o", "yaml"}},
		{"Exhausted", []string{"describe", "budget", "chat.engineers.bob", "-n", "acme-chat"}},
		{"Remaining is limit less spent and held", []string{"explain", "budgets.status"}},
		{"chat.engineers.bob", []string{"get", "budgets", "-n", "acme-chat", "--sort-by=.status.spent"}},
	} {
		if out, _ := run(t, k, tt.args...); !strings.Contains(out, tt.want) {
			t.Errorf("kubectl %q does not say %q:\n%s", tt.args, tt.want, out)
		}
	}
	waitAs(t, r, k, "acme-chat", "acme.chat.engineers.dora", "30")
	// Asking for another namespace from inside one's own shows nothing of it.
	out, _ = run(t, k, "get", "budgets", "-n", "acme-chat", "--field-selector", "metadata.namespace=globex-research", "-o", "name")
	if strings.TrimSpace(out) != "" {
		t.Errorf("alice sees %s", out)
	}
}
