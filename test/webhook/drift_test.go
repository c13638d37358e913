package webhook_test

import (
	"context"
	"fmt"
	"strings"
	"time"
)

// drift applies manifests twice, as kubectl and as a GitOps tool do: the second
// time nothing may change, not even who manages which field.
func drift(w *world) {
	for _, tt := range []struct {
		name, kind, manifest, has string
	}{
		{name: "a tenant's Ingress", kind: "ingress/drift -n acme-chat", manifest: ingress("drift", "higress", "drift.acme.example"), has: `"tollgate.dev/organization":"acme"`},
		{name: "a guard", kind: "wasmplugin/tollgate-auth -n higress-system", manifest: `
apiVersion: extensions.higress.io/v1alpha1
kind: WasmPlugin
metadata: {name: tollgate-auth, namespace: higress-system}
spec:
  url: oci://higress-registry.cn-hangzhou.cr.aliyuncs.com/plugins/key-auth@sha256:7d34e9da7b6782b1ec6fcb8d1f54d1445998e6e97d9e9d75ddc6c4c6a00637b0
  phase: AUTHN
  priority: 310
  defaultConfig: {consumers: [], global_auth: false}
`, has: `"failStrategy":"FAIL_CLOSE"`},
	} {
		as := w.Admin
		if strings.HasPrefix(tt.kind, "ingress") {
			as = w.alice
		}
		for _, how := range [][]string{
			{"apply", "--server-side", "--field-manager=gitops"},
			{"apply", "--server-side", "--field-manager=gitops", "--force-conflicts"},
		} {
			w.passes(as, tt.manifest, how...)
			first := w.run(w.Admin, append([]string{"get", "--show-managed-fields", "-o", "json"}, strings.Fields(tt.kind)...)...)
			if !strings.Contains(strings.Join(strings.Fields(first), ""), tt.has) {
				w.t.Errorf("%s was not filled in: %s", tt.name, first)
			}
			w.passes(as, tt.manifest, how...)
			if second := w.run(w.Admin, append([]string{"get", "--show-managed-fields", "-o", "json"}, strings.Fields(tt.kind)...)...); second != first {
				w.t.Errorf("%s changed at a second %v:\n%s\nbefore:\n%s", tt.name, how, second, first)
			}
		}
	}
	manifest := ingress("drift-client", "higress", "drift-client.acme.example")
	w.settles("ingress/drift-client", manifest, "acme", []string{"apply"})
}

// driftOfRoutes writes a route in every way that tools have: the label comes by
// itself each time, and what is written again changes nothing.
func driftOfRoutes(w *world) {
	w.run(w.Admin, "apply", "-k", w.Manifest("examples/platform"))
	w.eventually("the Gateway is known", func(context.Context) error {
		_, err := w.write(w.alice, httpRoute("steal", "www.globex.example"), "apply", "--server-side", "--dry-run=server")
		if err == nil || !strings.Contains(err.Error(), "route-hosts") {
			return fmt.Errorf("another's host on it: %v", err)
		}
		return nil
	})
	for _, tt := range []struct {
		name string
		// ways are tried one after the other on one route, each of them twice.
		ways [][]string
	}{
		{name: "three-way", ways: [][]string{{"apply"}}},
		{name: "replace", ways: [][]string{{"create"}, {"replace"}}},
		{name: "server-side", ways: [][]string{{"apply", "--server-side", "--field-manager=gitops"}}},
		{name: "second-manager", ways: [][]string{
			{"apply", "--server-side", "--field-manager=gitops"},
			{"apply", "--server-side", "--field-manager=argocd-controller", "--force-conflicts"}, // as Argo CD does
			{"apply", "--server-side", "--field-manager=gitops", "--force-conflicts"},            // the lists of a route have one manager
			{"apply", "--server-side", "--field-manager=argocd-controller", "--force-conflicts"},
		}},
		{name: "moved-between-tools", ways: [][]string{{"apply"}, {"apply", "--server-side", "--force-conflicts"}, {"replace"}}},
	} {
		w.settles("httproute/"+tt.name, httpRoute(tt.name, tt.name+".acme.example"), "acme", tt.ways...)
	}
}

// settles writes a manifest of acme-chat as alice, in one way after the other. It
// belongs to owner each time, and a second time changes nothing, not even who
// manages which field, nor does kubectl diff see anything that would.
func (w *world) settles(object, manifest, owner string, ways ...[]string) {
	w.t.Helper()
	get := []string{"get", object, "-n", "acme-chat", "--show-managed-fields", "-o", "json"}
	for _, how := range ways {
		// kube-apiserver sorts managers by whole seconds: two of one second change places once.
		time.Sleep(time.Until(time.Now().Truncate(time.Second).Add(time.Second)))
		w.passes(w.alice, manifest, how...)
		if got := w.run(w.Admin, "get", object, "-n", "acme-chat", "-o", `jsonpath={.metadata.labels.tollgate\.dev/organization}`); got != owner {
			w.t.Errorf("%s belongs to %q after %v, want %s", object, got, how, owner)
		}
		if how[0] == "create" {
			continue
		}
		first := w.run(w.Admin, get...)
		w.passes(w.alice, manifest, how...)
		if second := w.run(w.Admin, get...); second != first {
			w.t.Errorf("%s changed at a second %v:\n%s\nbefore:\n%s", object, how, second, first)
		}
	}
	diff := []string{"diff"}
	if last := ways[len(ways)-1]; last[0] == "apply" {
		diff = append(diff, last[1:]...)
	}
	if out, _, err := w.alice.RunInput(w.t.Context(), []byte(manifest), append(diff, "-f", "-")...); err != nil {
		w.t.Errorf("kubectl diff of %s: %v %s", object, err, out)
	}
}
