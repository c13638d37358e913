package webhook_test

import (
	"context"
	"errors"
	"strings"

	"tollgate.dev/tollgate/hack/cluster"
)

// edges are the requests that are easily forgotten.
func edges(w *world) {
	// What belongs to another owner stays so, and what the platform owns.
	w.passes(w.Admin, strings.Replace(ingress("shared", "higress", "shared.acme.example", "labels: {tollgate.dev/organization: acme}"), "namespace: acme-chat", "namespace: higress-system", 1))
	if _, _, err := w.alice.Run(w.t.Context(), "label", "ingress/shared", "-n", "higress-system", "--overwrite", "tollgate.dev/organization=globex"); err == nil {
		w.t.Error("a tenant changed whose an object is")
	}
	if _, _, err := w.alice.Run(w.t.Context(), "delete", "ingress/shared", "-n", "higress-system"); err != nil {
		w.t.Errorf("the organization's own object cannot be deleted by a member: %v", err)
	}

	// DELETE has no object.
	w.passes(w.alice, ingress("gone", "higress", "gone.acme.example"))
	if _, _, err := w.mallory.Run(w.t.Context(), "delete", "ingress/gone", "-n", "acme-chat"); err == nil || !strings.Contains(err.Error(), "requester") {
		w.t.Errorf("a stranger deletes: %v", err)
	}
	w.run(w.alice, "delete", "ingress/gone", "-n", "acme-chat", "--dry-run=server")
	w.run(w.alice, "get", "ingress/gone", "-n", "acme-chat")
	w.run(w.alice, "delete", "ingress/gone", "-n", "acme-chat")

	// The status of an object is nobody's scope.
	w.passes(w.alice, ingress("status", "higress", "status.acme.example"))
	w.run(w.mallory, "patch", "ingress/status", "-n", "acme-chat", "--subresource=status", "--type=merge", "-p", `{"status":{"loadBalancer":{"ingress":[{"ip":"192.0.2.1"}]}}}`)

	// But kube-apiserver takes an Ingress's annotations and labels with it.
	for change, word := range map[string]string{
		`{"metadata":{"annotations":{"higress.io/destination":"llm-globex.internal.dns"}}}`: "route-destinations",
		`{"metadata":{"labels":{"tollgate.dev/organization":"globex"}}}`:                    "tollgate.dev/organization",
	} {
		_, _, err := w.alice.Run(w.t.Context(), "patch", "ingress/status", "-n", "acme-chat", "--subresource=status", "--type=merge", "-p", change)
		saysAll(w.t, err, word)
	}

	// A bystander's Ingress passes by unseen, whoever writes it, unless its class changes.
	w.passes(w.mallory, ingress("theirs", "nginx", "www.globex.example"))
	if _, _, err := w.mallory.Run(w.t.Context(), "patch", "ingress/theirs", "-n", "acme-chat", "-p", `{"spec":{"ingressClassName":"higress"}}`); err == nil {
		w.t.Error("an Ingress became the gateway's unseen")
	}
	annotated := ingress("annotated", "nginx", "www.globex.example", "annotations: {kubernetes.io/ingress.class: higress}")
	if _, err := w.write(w.mallory, annotated, "create"); err == nil {
		w.t.Error("an Ingress with the gateway's class in its annotation passed unseen")
	}
}

// largeObjects are as large as kube-apiserver takes them.
func largeObjects(w *world) {
	// 1.4 MB of annotations and more do not go together; a WasmPlugin's configuration may be large.
	plugin := func(url string, size int) string {
		return `
apiVersion: extensions.higress.io/v1alpha1
kind: WasmPlugin
metadata: {name: large, namespace: higress-system}
spec:
  url: ` + url + `
  failStrategy: FAIL_CLOSE
  defaultConfigDisable: true
  defaultConfig: {text: "` + strings.Repeat("x", size) + `"}
`
	}
	const good = "oci://higress-registry.cn-hangzhou.cr.aliyuncs.com/plugins/ai-cache@sha256:7d34e9da7b6782b1ec6fcb8d1f54d1445998e6e97d9e9d75ddc6c4c6a00637b0"
	w.passes(w.Admin, plugin(good, 1<<20), "create")
	if _, err := w.write(w.Admin, plugin("http://192.0.2.1/x.wasm", 1<<20), "replace"); err == nil || !strings.Contains(err.Error(), "spec.url") {
		w.t.Errorf("a large object is not judged: %.300v", err)
	}
	// Larger than etcd stores, and judged all the same before that is found.
	if _, err := w.write(w.Admin, plugin("http://192.0.2.1/x.wasm", 2_900_000), "replace"); err == nil || !strings.Contains(err.Error(), "spec.url") {
		w.t.Errorf("3 MB are not judged: %.300v", err)
	}
	w.run(w.Admin, "delete", "wasmplugin/large", "-n", "higress-system")
}

// namespaceDeletion ends with everything in the namespace, and garbage is collected.
func namespaceDeletion(w *world) {
	w.run(w.Admin, "create", "namespace", "ending")
	for _, o := range []string{ingress("a", "higress", "a.ending.example"), ingress("b", "nginx", "b.ending.example")} {
		w.passes(w.Admin, strings.Replace(o, "namespace: acme-chat", "namespace: ending", 1))
	}
	w.run(w.Admin, "create", "secret", "generic", "key", "-n", "ending", "--from-literal=a=b")
	w.run(w.Admin, "delete", "namespace", "ending", "--timeout=240s")

	w.run(w.Admin, "create", "configmap", "owner", "-n", "acme-chat")
	uid := w.run(w.Admin, "get", "configmap/owner", "-n", "acme-chat", "-o", "jsonpath={.metadata.uid}")
	w.passes(w.alice, ingress("owned", "higress", "owned.acme.example", "ownerReferences: [{apiVersion: v1, kind: ConfigMap, name: owner, uid: "+uid+"}]"))
	w.run(w.Admin, "delete", "configmap/owner", "-n", "acme-chat")
	w.eventually("garbage is collected", func(ctx context.Context) error {
		out, _, err := w.Admin.Run(ctx, "get", "ingress/owned", "-n", "acme-chat", "--ignore-not-found", "-o", "name")
		if err == nil && out != "" {
			err = errors.New(out)
		}
		return err
	})
}

// backstop is what kube-apiserver holds by itself.
func backstop(w *world) {
	plugin := func(name string) string {
		return `
apiVersion: extensions.higress.io/v1alpha1
kind: WasmPlugin
metadata: {name: ` + name + `, namespace: acme-chat}
spec: {url: "oci://registry.acme.example/plugins/x:1", defaultConfigDisable: true}
`
	}
	const words = "ConfigMap tollgate-system/tollgate-backstop"
	w.refused(w.alice, plugin("mine"), words)
	w.refused(w.user(cluster.User{Name: "system:serviceaccount:tollgate-system:tollgate-controller", Groups: []string{"acme"}}), plugin("pretended"), words)
	w.refused(w.alice, `
apiVersion: networking.higress.io/v1
kind: McpBridge
metadata: {name: default, namespace: higress-system}
spec: {registries: []}
`, words)
	w.passes(w.Admin, strings.Replace(ingress("handed", "higress", "handed.acme.example", "labels: {tollgate.dev/organization: acme}"), "namespace: acme-chat", "namespace: higress-system", 1))
	_, _, err := w.alice.Run(w.t.Context(), "label", "ingress/handed", "-n", "higress-system", "tollgate.dev/organization-")
	saysAll(w.t, err, "does not change")
	w.run(w.Admin, "label", "ingress/handed", "-n", "higress-system", "--overwrite", "tollgate.dev/organization=globex")
	w.run(w.Admin, "delete", "ingress/handed", "-n", "higress-system")
	backstopOfDeletes(w, words)
}

// backstopOfDeletes says what the webhook says to who takes something away: what
// is there stays while its namespace does, and keeps no namespace from ending.
func backstopOfDeletes(w *world, words string) {
	const rpcs = `
apiVersion: networking.higress.io/v1
kind: Http2Rpc
metadata: {name: held, namespace: leaving, finalizers: [tests.tollgate.dev/hold]}
spec: {dubbo: {service: com.acme.Billing, version: "1", methods: [{serviceMethod: m, httpPath: /m, httpMethods: [POST]}]}}
---
apiVersion: networking.higress.io/v1
kind: Http2Rpc
metadata: {name: other, namespace: leaving, finalizers: [tests.tollgate.dev/hold]}
spec: {dubbo: {service: com.acme.Billing, version: "1", methods: [{serviceMethod: m, httpPath: /m, httpMethods: [POST]}]}}
`
	w.run(w.Admin, "create", "namespace", "leaving")
	w.passes(w.Admin, rpcs)
	_, _, err := w.alice.Run(w.t.Context(), "delete", "http2rpc/held", "-n", "leaving", "--wait=false")
	saysAll(w.t, err, words)
	release := []string{"patch", "http2rpc/held", "-n", "leaving", "--type=merge", "-p", `{"metadata":{"finalizers":null}}`}
	w.run(w.alice, append(release, "--dry-run=server")...)
	_, _, err = w.alice.Run(w.t.Context(), "annotate", "http2rpc/held", "-n", "leaving", "a=b")
	saysAll(w.t, err, words)

	w.run(w.Admin, "delete", "namespace", "leaving", "--wait=false")
	w.eventually("a namespace that ends is emptied by anybody whom RBAC lets", func(ctx context.Context) error {
		_, _, err := w.alice.Run(ctx, "delete", "http2rpc/other", "-n", "leaving", "--wait=false", "--dry-run=server")
		return err
	})
	_, _, err = w.alice.Run(w.t.Context(), "annotate", "http2rpc/held", "-n", "leaving", "a=b")
	saysAll(w.t, err, words)
	for _, name := range []string{"held", "other"} {
		release[1] = "http2rpc/" + name
		w.run(w.alice, release...)
	}
	w.run(w.Admin, "delete", "namespace", "leaving", "--ignore-not-found", "--timeout=240s")
}
