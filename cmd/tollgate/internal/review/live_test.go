package review_test

import (
	"path/filepath"
	"strings"
	"testing"

	"tollgate.dev/tollgate/hack/cluster"
	"tollgate.dev/tollgate/hack/cluster/clustertest"
)

// more is what the policy below reads besides what every review reads.
const more = `
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata: {name: more}
rules:
- {apiGroups: [""], resources: [configmaps], verbs: [list]}
`

// inForce is a policy of the cluster that reads ConfigMaps of the cluster.
const inForce = `
apiVersion: tollgate.dev/v1alpha1
kind: AdmissionPolicy
metadata: {name: frozen}
spec:
  inventory: [{version: v1, kind: ConfigMap}]
  match: {kinds: [{apiGroups: [networking.k8s.io], kinds: [Ingress]}]}
  rego: |
    package frozen
    violation contains {"msg": msg} if {
      freeze := data.inventory.namespace[input.review.namespace].v1.ConfigMap.freeze
      msg := sprintf("frozen since %s", [freeze.data.since])
    }
`

// TestCluster reads what exists, the policies in force and the definitions from
// a real kube-apiserver.
func TestCluster(t *testing.T) {
	cp := clustertest.ControlPlane(t)
	kubectl, err := cp.Kubectl(cluster.Admin())
	if err != nil {
		t.Fatal(err)
	}
	do := func(input string, args ...string) {
		t.Helper()
		if _, stderr, err := kubectl.RunInput(t.Context(), []byte(input), args...); err != nil {
			t.Fatalf("kubectl %s: %v\n%s", strings.Join(args, " "), err, stderr)
		}
	}
	manifests := filepath.Join("..", "..", "..", "..", "manifests")
	do("", "apply", "--server-side", "-k", filepath.Join(manifests, "crds"))
	do("", "apply", "--server-side", "-k", filepath.Join(manifests, "higress-crds"))
	do("", "apply", "--server-side", "-f", filepath.Join(manifests, "gatewayapi"))
	if err := kubectl.AwaitTypes(t.Context()); err != nil {
		t.Fatal(err)
	}
	do("", "apply", "-f", filepath.Join("testdata", "platform"))
	do("", "apply", "-f", filepath.Join(manifests, "ci", "rbac.yaml"))
	do(more, "apply", "-f", "-")
	for _, role := range []string{"tollgate-review", "more"} {
		do("", "create", "clusterrolebinding", role, "--clusterrole="+role, "--user=reviewer")
	}
	clustertest.Allowed(t, kubectl, cluster.User{Name: "reviewer"}, true, "list", "organizations.tollgate.dev")
	clustertest.Allowed(t, kubectl, cluster.User{Name: "reviewer"}, true, "list", "configmaps")
	kubeconfigOf := func(user cluster.User) string {
		t.Helper()
		file, err := cp.WriteKubeconfig(t.TempDir(), user.Name, user)
		if err != nil {
			t.Fatal(err)
		}
		return file
	}
	kubeconfig := kubeconfigOf(cluster.User{Name: "reviewer"})
	t.Chdir("testdata")
	tests := []struct {
		name     string
		args     []string
		want     int
		says, no string
	}{
		{"a tenant's own", []string{"tenant"}, 0, "3 passed", ""},
		{"a host of another organization", []string{"escape"}, 1, "route-hosts", "route-unowned"},
	}
	check := func(t *testing.T, args []string, want int, says, no string) {
		t.Helper()
		r := run(t, "", append(args, "--cluster", "--kubeconfig", kubeconfig)...)
		if r.code != want || !strings.Contains(r.out, says) || no != "" && strings.Contains(r.out, no) {
			t.Errorf("exit status %d, %v; want %d, and %q in:\n%s", r.code, r.err, want, says, r.out)
		}
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) { check(t, tt.args, tt.want, tt.says, tt.no) })
	}
	t.Run("a policy of the cluster", func(t *testing.T) {
		do(inForce, "apply", "-f", "-")
		check(t, []string{"tenant"}, 0, "3 passed", "")
		do("", "create", "configmap", "freeze", "-n", "acme-web", "--from-literal=since=noon")
		check(t, []string{"tenant"}, 1, "frozen: frozen since noon", "")
	})
	t.Run("an object of the cluster is updated", func(t *testing.T) {
		do("", "apply", "-f", "escape")
		r := run(t, "", "escape", "--cluster", "--kubeconfig", kubeconfig, "-o", "json")
		if !strings.Contains(r.out, `"operation": "UPDATE"`) {
			t.Errorf("it is no update:\n%s", r.out)
		}
	})
	t.Run("who may not list cannot review", func(t *testing.T) {
		r := run(t, "", "tenant", "--cluster", "--kubeconfig", kubeconfigOf(cluster.User{Name: "stranger"}))
		if r.code != 2 || !strings.Contains(r.err.Error(), "--inventory to work without a cluster") {
			t.Errorf("exit status %d, %v", r.code, r.err)
		}
	})
	t.Run("the webhook's configurations", func(t *testing.T) { testConfigurations(t, do, kubectl, kubeconfigOf) })
}
