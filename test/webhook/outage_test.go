package webhook_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	"tollgate.dev/tollgate/hack/cluster"
	"tollgate.dev/tollgate/hack/cluster/clustertest"
	"tollgate.dev/tollgate/test/webhook/rig"
)

// TestOutage kills the only webhook: what must fail closed does, everything else
// goes on, and it heals by itself.
func TestOutage(t *testing.T) {
	t.Parallel()
	w := start(t, rig.Options{GatewayAPILater: true})
	w.passes(w.alice, ingress("before", "higress", "before.acme.example"))

	// A kind that was not installed is followed as soon as it is: the Gateway decides whose an HTTPRoute is.
	w.run(w.Admin, "apply", "--server-side", "-f", w.GatewayAPI())
	if err := w.Admin.AwaitTypes(t.Context()); err != nil {
		t.Fatal(err)
	}
	w.passes(w.Admin, `
apiVersion: gateway.networking.k8s.io/v1
kind: GatewayClass
metadata: {name: higress}
spec: {controllerName: higress.io/gateway-controller}
---
apiVersion: gateway.networking.k8s.io/v1
kind: Gateway
metadata: {name: shared, namespace: higress-system}
spec: {gatewayClassName: higress, listeners: [{name: http, port: 80, protocol: HTTP, allowedRoutes: {namespaces: {from: All}}}]}
`)
	w.eventually("a Gateway that was installed later is known", func(ctx context.Context) error {
		_, err := w.write(w.alice, httpRoute("steal", "www.globex.example"))
		if err == nil {
			w.run(w.Admin, "delete", "httproute/steal", "-n", "acme-chat")
			return fmt.Errorf("a route to the Higress Gateway with another's host passes")
		}
		if !strings.Contains(err.Error(), "route-hosts") {
			return err
		}
		return nil
	})

	replica := w.Replicas[0]
	if err := replica.Kill(); err != nil {
		t.Fatal(err)
	}
	const down = "failed calling webhook"
	w.refused(w.alice, ingress("during", "higress", "during.acme.example"), down)
	w.refused(w.Admin, ingress("admins", "higress", "admins.acme.example"), down)
	w.refused(w.alice, httpRoute("during", "during.acme.example"), down)
	_, _, err := w.Admin.Run(t.Context(), "delete", "ingress/before", "-n", "acme-chat")
	saysAll(t, err, down)
	_, err = w.write(w.Admin, admissionPolicy("during", wantsTeam), "create")
	saysAll(t, err, down)

	// Kubernetes goes on, and the namespace from which it is healed, and teams that have nothing to do with it.
	for _, namespace := range []string{"kube-system", "tollgate-system"} {
		w.passes(w.Admin, strings.Replace(ingress("healing", "higress", "healing.example"), "namespace: acme-chat", "namespace: "+namespace, 1))
		w.run(w.Admin, "create", "configmap", "healing", "-n", namespace)
		w.run(w.Admin, "delete", "configmap/healing", "ingress/healing", "-n", namespace)
	}
	w.run(w.Admin, "rollout", "history", "deployment", "-n", "tollgate-system")
	w.passes(w.mallory, ingress("theirs", "nginx", "www.example"))
	w.run(w.Admin, "create", "deployment", "theirs", "--image=example", "-n", "acme-chat")
	w.run(w.Admin, "create", "service", "clusterip", "theirs", "--tcp=80:80", "-n", "acme-chat")
	w.refused(w.Admin, "{apiVersion: v1, kind: Service, metadata: {name: out, namespace: acme-chat}, spec: {type: ExternalName, externalName: localhost}}", down)
	w.run(w.Admin, "create", "secret", "generic", "theirs", "-n", "acme-chat", "--from-literal=a=b")
	w.run(w.Admin, "delete", "secret/theirs", "-n", "acme-chat") // fails open
	w.run(w.alice, "patch", "ingress/before", "-n", "acme-chat", "--subresource=status", "--type=merge", "-p", `{"status":{"loadBalancer":{"ingress":[{"ip":"192.0.2.1"}]}}}`)

	// A namespace ends, with what is judged in it: Kubernetes' own controllers are not asked about.
	w.run(w.Admin, "delete", "namespace", "acme-search", "--timeout=240s")

	// Without the configurations, to heal something, the backstop still holds.
	if err := w.Unregister(t.Context()); err != nil {
		t.Fatal(err)
	}
	w.eventually("nobody is asked", func(context.Context) error {
		_, err := w.write(w.alice, ingress("unjudged", "higress", "www.globex.example"))
		return err
	})
	backstop(w)

	// And it heals.
	if err := replica.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := w.Register(t.Context()); err != nil {
		t.Fatal(err)
	}
	w.eventually("it judges again", func(context.Context) error {
		_, err := w.write(w.alice, ingress("steal", "higress", "www.globex.example"), "apply", "--server-side", "--dry-run=server")
		if err == nil {
			return errors.New("another's host passes")
		}
		if !strings.Contains(err.Error(), "route-hosts") {
			return err
		}
		return nil
	})
	w.passes(w.alice, ingress("after", "higress", "after.acme.example"))
}

// TestNothingPassesBeforePoliciesAreRead has webhooks that cannot read the
// AdmissionPolicies: they never become ready, and refuse whatever they are asked.
func TestNothingPassesBeforePoliciesAreRead(t *testing.T) {
	t.Parallel()
	w := start(t, rig.Options{})
	if err := w.Replicas[0].Kill(); err != nil {
		t.Fatal(err)
	}
	w.run(w.Admin, "delete", "clusterrolebinding", "tollgate-webhook")
	clustertest.Allowed(t, w.Admin, cluster.User{Name: rig.Identity}, false, "list", "admissionpolicies.tollgate.dev")
	replica, err := w.StartReplicaUnready(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	w.eventually("it serves and is not ready", func(ctx context.Context) error {
		code, body, err := rig.Get(ctx, "http://"+replica.Health+"/readyz")
		if err == nil && code != 500 {
			err = fmt.Errorf("%d %s", code, body)
		}
		return err
	})
	// The balancer sends nobody to what is not ready, so it is asked by its own address.
	w.Balancer.Always(replica.Name())
	w.eventually("it refuses, and says why", func(ctx context.Context) error {
		_, err := w.write(w.alice, ingress("early", "higress", "early.acme.example"))
		if err == nil {
			t.Fatal("it passed")
		}
		if !strings.Contains(err.Error(), "cannot judge yet") || !strings.Contains(err.Error(), "AdmissionPolicy.tollgate.dev") {
			return err
		}
		return nil
	})
	w.run(w.Admin, "apply", "-f", w.Manifest("webhook/base/identity.yaml"))
	w.eventually("it becomes ready", func(ctx context.Context) error { return rig.Ready(ctx, replica.Health) })
	w.passes(w.alice, ingress("early", "higress", "early.acme.example"))
}

// httpRoute is one of the shared Gateway in acme-chat.
func httpRoute(name, host string) string {
	return fmt.Sprintf(`
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: {name: %s, namespace: acme-chat}
spec:
  parentRefs: [{name: shared, namespace: higress-system}]
  hostnames: ["%s"]
  rules: [{backendRefs: [{name: web, port: 80}]}]
`, name, host)
}
