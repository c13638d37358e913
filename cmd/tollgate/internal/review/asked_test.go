package review_test

import (
	"strings"
	"testing"
)

// TestWhatIsNotAskedAbout holds that a review judges what a cluster asks the
// webhook about, and says of the rest that it does not.
func TestWhatIsNotAskedAbout(t *testing.T) {
	t.Chdir("testdata")
	route := func(name, class, host string) string {
		return "apiVersion: networking.k8s.io/v1\nkind: Ingress\nmetadata: {name: " + name + ", namespace: acme-web}\nspec:\n  ingressClassName: " + class + "\n  rules:\n  - host: " + host +
			"\n    http: {paths: [{path: /x, pathType: Prefix, backend: {service: {name: web, port: {number: 80}}}}]}\n---\n"
	}
	const (
		service = "{apiVersion: v1, kind: Service, metadata: {name: web, namespace: acme-web}, spec: {ports: [{port: 80}]}}\n---\n"
		note    = "{apiVersion: v1, kind: ConfigMap, metadata: {name: bad, namespace: acme-web}}\n---\n"
		// A policy of one's own on kinds that are always, sometimes and never asked about.
		policy = "apiVersion: tollgate.dev/v1alpha1\nkind: AdmissionPolicy\nmetadata: {name: names}\nspec:\n  match: {kinds: [{apiGroups: [''], kinds: [ConfigMap, Service]}]}\n  rego: |\n    package p\n    violation contains {\"msg\": \"bad\"}\n---\n"
		lost   = "the match condition \"not-of-another-controller\" of ingresses.validate.tollgate.dev is not met"
	)
	foreign, gateways := route("foreign", "nginx", "globex.example"), route("web", "higress", "acme.example")
	admin := []string{"--as", "root", "--as-group", "system:masters"}
	tests := []struct {
		name, stdin string
		args        []string
		want        int
		says        []string
	}{
		{"another controller's", foreign, nil, 3, []string{"NotAsked Ingress acme-web/foreign", "note: the webhook is not asked: " + lost, "1 object: 0 passed, 1 not asked about", "nothing was evaluated"}},
		{"another controller's, which the API server refuses", strings.Replace(foreign, "name: foreign", "name: For_eign", 1), nil, 2, []string{"Invalid Ingress"}},
		{"another controller's beside the gateway's", foreign + gateways, nil, 0, []string{"2 objects: 1 passed, 1 not asked about"}},
		{"the same of the gateway", route("foreign", "higress", "globex.example"), nil, 1, []string{"route-hosts"}},
		{"as JSON", foreign, []string{"-o", "json"}, 3, []string{`"outcome": "NotAsked"`, `"condition": "not-of-another-controller"`, `"webhook": "ingresses.validate.tollgate.dev"`, `"notAsked": 1`}},
		{"as JUnit", foreign, []string{"-o", "junit"}, 3, []string{`<skipped message="the webhook is not asked: `}},
		{"failures only", foreign + gateways, []string{"--failures"}, 0, []string{"2 objects: 1 passed, 1 not asked about"}},
		{"a kind that nothing asks about, by a policy of one's own", policy + note, admin, 1, []string{"Deny ConfigMap acme-web/bad", "note: a cluster does not ask the webhook about it: no webhook has a rule for CREATE of configmaps"}},
		{"a kind that is asked about sometimes, by a policy of one's own", policy + service, admin, 0, []string{"NotAsked Service acme-web/web", `the match condition "another-name" of services.validate.tollgate.dev is not met`}},
		{"by who is passed by", gateways, []string{"--as", "system:apiserver"}, 3, []string{`the match condition "not-a-controller-of-kubernetes"`}},
		{"where the configurations differ", foreign, []string{"--webhooks", "webhooks.yaml"}, 0, []string{"Pass Ingress acme-web/foreign"}},
		{"where they ask about other kinds", policy + service + note, append(admin, "--webhooks", "webhooks.yaml"), 1, []string{"Deny Service acme-web/web", "note: a cluster does not ask the webhook about it: no webhook has a rule for CREATE of services", "Deny ConfigMap acme-web/bad"}},
		{"a condition that fails", note, append(admin, "--webhooks", "webhooks.yaml", "--operation", "DELETE"), 2, []string{"error: Forbidden: kube-apiserver cannot tell whether to ask notes.example.com, which fails closed: expression 'object.metadata.name"}},
		{"a condition that asks for rights", "{apiVersion: v1, kind: ConfigMap, metadata: {name: rights, namespace: acme-web}}\n---\n" + policy, append(admin, "--webhooks", "webhooks.yaml"), 1, []string{"Deny ConfigMap acme-web/rights", "note: a match condition of notes.example.com asks for rights (authorizer), which only a cluster knows: it is taken as met"}},
		{"configurations that are none", gateways, []string{"--webhooks", "policy.yaml"}, 2, []string{"policy.yaml:1: tollgate.dev/v1alpha1 AdmissionPolicy is no ValidatingWebhookConfiguration"}},
		{"with a suite", "", []string{"--suite", "suite", "--webhooks", "webhooks.yaml"}, 2, []string{"--webhooks does not go with --suite"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			args := append([]string{"-", "--inventory", "platform"}, tt.args...)
			if tt.stdin == "" {
				args = tt.args
			}
			r := run(t, tt.stdin, args...)
			said := r.out
			if r.err != nil {
				said += r.err.Error()
			}
			words := strings.Join(strings.Fields(said), " ")
			if r.code != tt.want {
				t.Errorf("exit status %d, want %d:\n%s", r.code, tt.want, said)
			}
			for _, part := range tt.says {
				if !strings.Contains(words, part) {
					t.Errorf("no %q in:\n%s", part, said)
				}
			}
		})
	}
}
