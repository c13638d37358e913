package apiserver_test

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	policy "tollgate.dev/tollgate/apis/policy/v1alpha1"
	"tollgate.dev/tollgate/hack/cluster"
	"tollgate.dev/tollgate/test/apiserver/rig"
)

// stray exists before anybody looks: it reaches out of acme's domains, and
// beside it stands what is nobody's business.
const stray = `
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: {name: stray, namespace: acme-chat}
spec:
  ingressClassName: higress
  rules: [{host: www.globex.example, http: {paths: [{path: /, pathType: Prefix, backend: {service: {name: web, port: {number: 80}}}}]}}]
---
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: {name: other-gateway, namespace: acme-chat}
spec:
  ingressClassName: nginx
  rules: [{host: www.globex.example, http: {paths: [{path: /, pathType: Prefix, backend: {service: {name: web, port: {number: 80}}}}]}}]
---
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: {name: lab, namespace: globex-research}
spec:
  ingressClassName: higress
  rules: [{host: lab.globex.example, http: {paths: [{path: /, pathType: Prefix, backend: {service: {name: web, port: {number: 80}}}}]}}]
`

// ownPolicies are an administrator's: they come after what they find.
const ownPolicies = `
apiVersion: tollgate.dev/v1alpha1
kind: AdmissionPolicy
metadata: {name: contact}
spec:
  title: Ingresses say whom to call
  remedy: Add the annotation acme.example/contact.
  severity: Low
  match: {kinds: [{apiGroups: [networking.k8s.io], kinds: [Ingress]}], namespaces: ["globex-*"]}
  enforcement: {webhook: Warn}
  rego: |
    package contact
    violation contains {"msg": "nobody is named", "details": {"field": "metadata.annotations"}} if {
      not input.review.object.metadata.annotations["acme.example/contact"]
    }
---
apiVersion: tollgate.dev/v1alpha1
kind: AdmissionPolicy
metadata: {name: display-name}
spec:
  match: {kinds: [{apiGroups: [tollgate.dev], kinds: [Organization]}], name: unnamed}
  rego: |
    package display
    violation contains {"msg": "no display name"} if not input.review.object.spec.displayName
---
apiVersion: tollgate.dev/v1alpha1
kind: Organization
metadata: {name: unnamed}
spec: {namespaces: [nowhere]}
`

// connections takes acme's connections where no HTTP is looked at; the Gateway is
// not there yet.
const connections = `
apiVersion: gateway.networking.k8s.io/v1
kind: TLSRoute
metadata: {name: tunnel, namespace: acme-chat}
spec:
  parentRefs: [{name: edge}]
  hostnames: [www.globex.example]
  rules: [{backendRefs: [{name: web, port: 443}]}]
---
apiVersion: gateway.networking.k8s.io/v1
kind: ListenerSet
metadata: {name: more, namespace: acme-chat}
spec:
  parentRef: {name: edge}
  listeners: [{name: web, protocol: HTTP, port: 80, hostname: www.globex.example}]
`

func TestPolicyViolations(t *testing.T) {
	t.Parallel()
	r := start(t, rig.Options{})
	run(t, r.Admin, "apply", "-k", r.Manifest("higress-crds"))
	run(t, r.Admin, "apply", "--server-side", "-f", r.Manifest("gatewayapi"))
	if err := r.Admin.AwaitTypes(t.Context()); err != nil {
		t.Fatal(err)
	}
	apply(t, r, stray)
	eventually(t, func(ctx context.Context) error {
		return wantViolations(ctx, r.Admin, "acme-chat/stray/route-hosts/Deny")
	})
	apply(t, r, ownPolicies)
	eventually(t, func(ctx context.Context) error {
		return wantViolations(ctx, r.Admin, "acme-chat/stray/route-hosts/Deny", "globex-research/lab/contact/Warn")
	})

	t.Run("table", func(t *testing.T) {
		out, _ := run(t, r.Admin, "get", "policyviolations", "-A")
		for _, want := range []string{"NAMESPACE", "POLICY", "ACTION", "OBJECT", "MESSAGE", "route-hosts", "ingress/stray", "ingress/lab", "nobody is named"} {
			if !strings.Contains(out, want) {
				t.Errorf("no %q in\n%s", want, out)
			}
		}
		for line := range strings.Lines(out) {
			if len([]rune(line)) > 140 {
				t.Errorf("%d characters: %s", len([]rune(line)), line)
			}
		}
		out, _ = run(t, r.Admin, "get", "pviol", "-n", "globex-research", "-o", "wide")
		for _, want := range []string{"Low", "globex", "metadata.annotations", "Add the annotation acme.example/contact.", "contact.ingress."} {
			if !strings.Contains(out, want) {
				t.Errorf("no %q in\n%s", want, out)
			}
		}
	})
	t.Run("one by name, and described", func(t *testing.T) {
		name, _ := run(t, r.Admin, "get", "policyviolations", "-n", "globex-research", "-o", "name")
		name = strings.TrimSpace(name)
		out, _ := run(t, r.Admin, "get", name, "-n", "globex-research", "-o", "jsonpath={.spec.object.name} {.spec.organization} {.metadata.uid}")
		if !strings.HasPrefix(out, "lab globex ") || len(out) != len("lab globex ")+36 {
			t.Errorf("got %q", out)
		}
		if out, _ = run(t, r.Admin, "describe", name, "-n", "globex-research"); !strings.Contains(out, "nobody is named") {
			t.Errorf("described as\n%s", out)
		}
		explained(t, r, map[string]string{"policyviolations.spec.remedy": "what to do"})
	})
	t.Run("of the cluster", func(t *testing.T) {
		out, _ := run(t, r.Admin, "get", "clusterpolicyviolations", "-o", "jsonpath={range .items[*]}{.spec.object.kind}/{.spec.object.name} {.spec.message}{\"\\n\"}{end}")
		if !strings.Contains(out, "Organization/unnamed no display name\n") {
			t.Errorf("got %q", out)
		}
	})
	t.Run("of routes that no policy reads", func(t *testing.T) {
		apply(t, r, connections)
		eventually(t, func(ctx context.Context) error {
			out, _, err := r.Admin.Run(ctx, "get", "policyviolations", "-n", "acme-chat", "-o", "jsonpath={range .items[*]}{.spec.object.kind}/{.spec.object.name} {.spec.policy}{\"\\n\"}{end}")
			for _, want := range []string{"ListenerSet/more gateway-hosts\n", "TLSRoute/tunnel gateway-raw-routes\n"} {
				if err == nil && !strings.Contains(out, want) {
					err = fmt.Errorf("no %q in\n%s", want, out)
				}
			}
			return err
		})
		run(t, r.Admin, "delete", "tlsroutes,listenersets", "--all", "-n", "acme-chat")
	})
	t.Run("selectors and pages", func(t *testing.T) {
		out, _ := run(t, r.Admin, "get", "policyviolations", "-A", "-l", "organization=globex", "--field-selector", "severity=Low", "-o", "jsonpath={.items[*].spec.object.name}")
		if out != "lab" {
			t.Errorf("got %q", out)
		}
		whole, _ := run(t, r.Admin, "get", "policyviolations", "-A", "-o", "name")
		pages, _ := run(t, r.Admin, "get", "policyviolations", "-A", "-o", "name", "--chunk-size=1")
		if diff := cmp.Diff(whole, pages); diff != "" {
			t.Errorf("pages differ (-whole +pages):\n%s", diff)
		}
		refused(t, r.Admin, []string{"BadRequest", "metadata.name, metadata.namespace, policy"}, "get", "policyviolations", "-A", "--field-selector", "reason=x")
	})
	t.Run("a user of one namespace", func(t *testing.T) {
		k := kubectl(t, r, alice())
		out, _ := run(t, k, "get", "policyviolations", "-n", "acme-chat", "-o", "jsonpath={.items[*].spec.object.name}")
		if !slices.Contains(strings.Fields(out), "stray") || strings.Contains(out, "lab") {
			t.Errorf("alice sees %q", out)
		}
		for _, args := range [][]string{
			{"get", "policyviolations", "-A"},
			{"get", "policyviolations", "-n", "globex-research"},
			{"get", "clusterpolicyviolations"},
		} {
			refused(t, k, []string{"Forbidden", `User "alice" cannot`}, args...)
		}
		out, _ = run(t, k, "get", "policyviolations", "-n", "acme-chat", "--field-selector", "metadata.namespace=globex-research", "-o", "name")
		if strings.TrimSpace(out) != "" {
			t.Errorf("alice sees %s", out)
		}
		audited(t, r, "list", "policyviolations")
	})
	t.Run("what is mended is gone", func(t *testing.T) {
		run(t, r.Admin, "delete", "ingress", "stray", "-n", "acme-chat")
		run(t, r.Admin, "delete", "admissionpolicy", "contact")
		eventually(t, func(ctx context.Context) error { return wantViolations(ctx, r.Admin) })
	})
	t.Run("nothing is written", func(t *testing.T) {
		refused(t, r.Admin, []string{"MethodNotAllowed"}, "delete", "policyviolation", "any", "-n", "acme-chat")
	})
}

func apply(t *testing.T, r *rig.Rig, manifest string) {
	t.Helper()
	if _, _, err := r.Admin.RunInput(t.Context(), []byte(manifest), "apply", "-f", "-"); err != nil {
		t.Fatal(err)
	}
}

// wantViolations expects namespace/object/policy/action of the violations of
// Ingresses, in order.
func wantViolations(ctx context.Context, k *cluster.Kubectl, want ...string) error {
	out, _, err := k.Run(ctx, "get", "policyviolations", "-A", "--field-selector", "kind=Ingress", "-o", "json")
	if err != nil {
		return err
	}
	var list policy.PolicyViolationList
	if err := json.Unmarshal([]byte(out), &list); err != nil {
		return fmt.Errorf("reading violations: %w", err)
	}
	var got []string
	for _, v := range list.Items {
		got = append(got, v.Namespace+"/"+v.Spec.Object.Name+"/"+v.Spec.Policy+"/"+v.Spec.Action)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		return fmt.Errorf("violations (-want +got):\n%s", diff)
	}
	return nil
}
