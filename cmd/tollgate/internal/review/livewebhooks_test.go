package review_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"tollgate.dev/tollgate/hack/cluster"
	"tollgate.dev/tollgate/hack/cluster/clustertest"
)

// everyClass is a configuration that asks about every Ingress, of whatever class.
const everyClass = `
apiVersion: admissionregistration.k8s.io/v1
kind: ValidatingWebhookConfiguration
metadata: {name: NAME}
webhooks:
- name: every.example.com
  admissionReviewVersions: [v1]
  sideEffects: None
  clientConfig: {service: {name: SERVICE, namespace: tollgate-system}}
  rules: [{apiGroups: [networking.k8s.io], apiVersions: [v1], resources: [ingresses], operations: ["*"]}]
`

// testConfigurations holds which configurations a review of a cluster goes by,
// and that it says so. An Ingress of nginx tells them apart: those that Tollgate
// comes with do not ask about it.
func testConfigurations(t *testing.T, do func(string, ...string), kubectl *cluster.Kubectl, kubeconfig func(cluster.User) string) {
	const (
		foreign = "apiVersion: networking.k8s.io/v1\nkind: Ingress\nmetadata: {name: foreign, namespace: acme-web}\nspec:\n  ingressClassName: nginx\n" +
			"  rules:\n  - host: globex.example\n    http: {paths: [{path: /x, pathType: Prefix, backend: {service: {name: web, port: {number: 80}}}}]}\n"
		validating, mutating = "ValidatingWebhookConfiguration", "MutatingWebhookConfiguration"
		none                 = "warning: the webhook is not installed, or not wholly: the cluster has no " + mutating
		says                 = "note: what the webhook is asked about is said by "
	)
	configuration := func(name, service string) string {
		return strings.NewReplacer("NAME", name, "SERVICE", service).Replace(everyClass)
	}
	base, err := filepath.Abs(filepath.Join("..", "..", "..", "..", "..", "manifests", "webhook", "base"))
	if err != nil {
		t.Fatal(err)
	}
	// Who may read all but one kind.
	rights, err := os.ReadFile(filepath.Join(base, "..", "..", "ci", "rbac.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	text := strings.NewReplacer("name: tollgate-review", "name: partly", "validatingwebhookconfigurations, ", "").Replace(string(rights))
	do(text, "apply", "-f", "-")
	do("", "create", "clusterrolebinding", "partly", "--clusterrole=partly", "--user=partly")
	partly := cluster.User{Name: "partly"}
	clustertest.Allowed(t, kubectl, partly, true, "list", "organizations.tollgate.dev")
	clustertest.Allowed(t, kubectl, partly, false, "list", "validatingwebhookconfigurations.admissionregistration.k8s.io")
	do("", "delete", "admissionpolicy", "frozen")
	tests := []struct {
		name  string
		there string   // is in the cluster
		files []string // are in the cluster, too
		user  cluster.User
		args  []string
		want  int
		warns int
		says  []string // on stderr
		out   string
	}{
		{name: "none", want: 3, warns: 2, says: []string{"warning: the webhook is not installed, or not wholly: the cluster has no " + validating + " that is called tollgate or calls a Service tollgate-webhook", none}, out: "NotAsked Ingress acme-web/foreign"},
		{name: "somebody else's", there: configuration("theirs", "theirs"), want: 3, warns: 2, says: []string{"the cluster has no " + validating, none}, out: "NotAsked"},
		{name: "as installed", files: []string{"validating.yaml", "mutating.yaml"}, want: 3, says: []string{says + "the cluster's " + validating + " tollgate and the cluster's " + mutating + " tollgate\n"}, out: "NotAsked"},
		{name: "one that differs", there: configuration("tollgate", "elsewhere"), files: []string{"mutating.yaml"}, want: 0, says: []string{says + "the cluster's " + validating + " tollgate and the cluster's " + mutating + " tollgate\n"}, out: "Pass Ingress acme-web/foreign"},
		{name: "of another name", there: configuration("mine", "tollgate-webhook"), want: 0, warns: 1, says: []string{none, says + "the cluster's " + validating + " mine\n"}, out: "Pass Ingress"},
		{name: "one more", there: configuration("mine", "tollgate-webhook"), files: []string{"validating.yaml", "mutating.yaml"}, want: 0, says: []string{says + "the cluster's " + validating + " mine and the cluster's " + validating + " tollgate and the cluster's " + mutating + " tollgate\n"}, out: "Pass Ingress"},
		{name: "one that asks about nothing", there: "{apiVersion: admissionregistration.k8s.io/v1, kind: " + validating + ", metadata: {name: tollgate}}", files: []string{"mutating.yaml"}, want: 0, says: []string{says}, out: "note: a cluster does not ask the webhook about it: no webhook has a rule for CREATE of ingresses.networking.k8s.io"},
		{name: "files before the cluster's", files: []string{"validating.yaml", "mutating.yaml"}, args: []string{"--webhooks", "webhooks.yaml"}, want: 0, says: []string{says + "the " + validating + " of webhooks.yaml and the cluster's " + mutating + " tollgate\n"}, out: "Pass Ingress"},
		{name: "who may not read one kind", user: partly, there: configuration("tollgate", "elsewhere"), files: []string{"mutating.yaml"}, want: 3, warns: 1,
			says: []string{
				`User "partly" cannot list resource "validatingwebhookconfigurations"`,
				"The " + validating + " that Tollgate comes with stands in; grant the right to list validatingwebhookconfigurations.admissionregistration.k8s.io, or give the cluster's with --webhooks\n",
				says + "the cluster's " + mutating + " tollgate\n",
			}, out: "NotAsked"},
		{name: "who may not read and gives it", user: partly, there: configuration("tollgate", "elsewhere"), files: []string{"mutating.yaml"}, args: []string{"--webhooks", "webhooks.yaml"}, want: 0,
			says: []string{says + "the " + validating + " of webhooks.yaml and the cluster's " + mutating + " tollgate\n"}, out: "Pass Ingress"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			defer do("", "delete", "validatingwebhookconfigurations,mutatingwebhookconfigurations", "--all")
			if tt.there != "" {
				do(tt.there, "apply", "-f", "-")
			}
			for _, name := range tt.files {
				if _, err := os.Stat(filepath.Join(base, name)); err != nil {
					t.Fatal(err)
				}
				do("", "apply", "-f", filepath.Join(base, name))
			}
			if tt.user.Name == "" {
				tt.user = cluster.User{Name: "reviewer"}
			}
			r := run(t, foreign, append([]string{"-", "--cluster", "--kubeconfig", kubeconfig(tt.user)}, tt.args...)...)
			if r.code != tt.want || !strings.Contains(strings.Join(strings.Fields(r.out), " "), tt.out) {
				t.Errorf("exit status %d, %v; want %d, and %q in:\n%s", r.code, r.err, tt.want, tt.out, r.out)
			}
			for _, part := range tt.says {
				if !strings.Contains(r.stderr, part) {
					t.Errorf("no %q on stderr:\n%s", part, r.stderr)
				}
			}
			if n := strings.Count(r.stderr, "warning: "); n != tt.warns {
				t.Errorf("%d warnings, want %d:\n%s", n, tt.warns, r.stderr)
			}
		})
	}
}
