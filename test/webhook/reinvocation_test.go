package webhook_test

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"

	admissionv1 "k8s.io/api/admission/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
)

// undoing is a webhook of somebody else, asked after Tollgate's, by its name.
const undoing = `
apiVersion: admissionregistration.k8s.io/v1
kind: MutatingWebhookConfiguration
metadata: {name: undoing}
webhooks:
- name: undoing.tests.tollgate.dev
  admissionReviewVersions: [v1]
  clientConfig: {url: %q, caBundle: %s}
  sideEffects: None
  timeoutSeconds: 30
  matchConditions: [{name: asked-for, expression: "'tests.tollgate.dev/undo' in object.metadata.?annotations.orValue({})"}]
  rules:
  - {apiGroups: [networking.k8s.io], apiVersions: ["*"], resources: [ingresses], operations: [CREATE, UPDATE]}
  - {apiGroups: [extensions.higress.io], apiVersions: ["*"], resources: [wasmplugins], operations: [CREATE, UPDATE]}
`

// reinvoked has a webhook of somebody else take away what Tollgate's filled in, as
// sidecar injectors and the like change what they do not know. kube-apiserver asks
// Tollgate's again: what is stored is whole, and a second apply changes nothing.
func reinvoked(w *world) {
	var undone atomic.Int64
	other := httptest.NewTLSServer(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		var review admissionv1.AdmissionReview
		object := &unstructured.Unstructured{}
		err := json.NewDecoder(r.Body).Decode(&review)
		if err == nil {
			err = object.UnmarshalJSON(review.Request.Object.Raw)
		}
		if err != nil {
			http.Error(rw, err.Error(), http.StatusBadRequest)
			return
		}
		answer, kind := &admissionv1.AdmissionResponse{UID: review.Request.UID, Allowed: true}, admissionv1.PatchTypeJSONPatch
		path := "/metadata/labels/tollgate.dev~1organization"
		_, there := object.GetLabels()["tollgate.dev/organization"]
		if object.GetKind() == "WasmPlugin" {
			path = "/spec/failStrategy"
			_, there, _ = unstructured.NestedString(object.Object, "spec", "failStrategy") // a text, by its definition
		}
		if there {
			answer.Patch, answer.PatchType = fmt.Appendf(nil, `[{"op":"remove","path":%q}]`, path), &kind
			undone.Add(1)
		}
		review.Request, review.Response = nil, answer
		rw.Header().Set("Content-Type", "application/json")
		if err := json.NewEncoder(rw).Encode(review); err != nil {
			return // kube-apiserver went away, and says so itself
		}
	}))
	defer other.Close()
	ca := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: other.Certificate().Raw})
	w.passes(w.Admin, fmt.Sprintf(undoing, other.URL, base64.StdEncoding.EncodeToString(ca)))
	defer w.run(w.Admin, "delete", "mutatingwebhookconfiguration/undoing")
	const asked = `annotations: {tests.tollgate.dev/undo: "yes"}`
	route := ingress("reinvoked", "higress", "reinvoked.acme.example", asked)
	w.eventually("the other webhook is asked after Tollgate's", func(context.Context) error {
		if _, err := w.write(w.alice, route, "create", "--dry-run=server"); err != nil {
			return err
		}
		if undone.Load() == 0 {
			return errors.New("it has taken nothing away")
		}
		return nil
	})
	for _, tt := range []struct{ name, object, manifest, has string }{
		{name: "a tenant's Ingress", object: "ingress/reinvoked -n acme-chat", manifest: route, has: `"tollgate.dev/organization":"acme"`},
		{name: "a guard", object: "wasmplugin/tollgate-budget -n higress-system", has: `"failStrategy":"FAIL_CLOSE"`, manifest: `
apiVersion: extensions.higress.io/v1alpha1
kind: WasmPlugin
metadata: {name: tollgate-budget, namespace: higress-system, ` + asked + `}
spec:
  url: oci://higress-registry.cn-hangzhou.cr.aliyuncs.com/plugins/ai-quota@sha256:7d34e9da7b6782b1ec6fcb8d1f54d1445998e6e97d9e9d75ddc6c4c6a00637b0
  phase: AUTHN
  priority: 300
  defaultConfig: {a: b}
`},
	} {
		as, get := w.alice, append([]string{"get", "--show-managed-fields", "-o", "json"}, strings.Fields(tt.object)...)
		if strings.HasPrefix(tt.object, "wasmplugin") {
			as = w.Admin
		}
		apply := func() string {
			before := undone.Load()
			w.passes(as, tt.manifest, "apply", "--server-side", "--field-manager=gitops")
			if undone.Load() == before {
				w.t.Errorf("%s: nothing was taken away: the test shows nothing", tt.name)
			}
			return w.run(w.Admin, get...)
		}
		first := apply()
		if !strings.Contains(strings.Join(strings.Fields(first), ""), tt.has) {
			w.t.Errorf("%s is stored without %s: %s", tt.name, tt.has, first)
		}
		if again := apply(); again != first {
			w.t.Errorf("%s changed at a second apply:\n%s\nbefore:\n%s", tt.name, again, first)
		}
	}
	w.run(w.Admin, "delete", "wasmplugin/tollgate-budget", "-n", "higress-system")
}
