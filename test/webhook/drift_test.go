package webhook_test

import (
	"strings"
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
	// By kubectl's own three-way merge, too.
	manifest := ingress("drift-client", "higress", "drift-client.acme.example")
	w.passes(w.alice, manifest, "apply")
	get := []string{"get", "ingress/drift-client", "-n", "acme-chat", "--show-managed-fields", "-o", "json"}
	first := w.run(w.Admin, get...)
	w.passes(w.alice, manifest, "apply")
	if second := w.run(w.Admin, get...); second != first {
		w.t.Errorf("a second apply changed:\n%s\nbefore:\n%s", second, first)
	}
	if out, _, err := w.alice.RunInput(w.t.Context(), []byte(manifest), "diff", "-f", "-"); err != nil {
		w.t.Errorf("kubectl diff: %v %s", err, out)
	}
}
