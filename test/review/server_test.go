package review

import (
	"context"
	"crypto/tls"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	admissionv1 "k8s.io/api/admission/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/client-go/rest"
	"sigs.k8s.io/yaml"

	"tollgate.dev/tollgate/cmd/tollgate/suitetest"
	"tollgate.dev/tollgate/hack/cluster"
	"tollgate.dev/tollgate/hack/cluster/clustertest"
)

// server is a kube-apiserver whose webhook listens to it.
type server struct {
	*connection

	mu      sync.Mutex
	patches [][]byte // answers for mutation
	asked   *admissionv1.AdmissionRequest
	armed   bool
	mutates bool // the mutating configuration is in force, too
}

func newServer(t *testing.T) *server {
	t.Helper()
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
	manifests := filepath.Join("..", "..", "manifests")
	for _, dir := range []string{"crds", "higress-crds"} {
		do("", "apply", "--server-side", "-k", filepath.Join(manifests, dir))
	}
	do("", "apply", "--server-side", "-f", filepath.Join(manifests, "gatewayapi"))
	do(string(cluster.ForeignTypes()), "apply", "-f", "-")
	if err := kubectl.AwaitTypes(t.Context()); err != nil {
		t.Fatal(err)
	}
	do("", "create", "clusterrolebinding", "everybody", "--clusterrole=cluster-admin", "--group=system:authenticated", "--group=system:unauthenticated")
	do(namespaces(t), "apply", "-f", "-")
	s := &server{}
	web := httptest.NewUnstartedServer(s)
	web.TLS = &tls.Config{MinVersion: tls.VersionTLS12}
	web.StartTLS()
	t.Cleanup(web.Close)
	ca := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: web.Certificate().Raw})
	do(fmt.Sprintf(configurations, web.URL, base64.StdEncoding.EncodeToString(ca)), "apply", "-f", "-")
	s.connection = connect(t, cp)
	s.wait(t)
	return s
}

// wait until kube-apiserver asks the webhook.
func (s *server) wait(t *testing.T) {
	t.Helper()
	class := &unstructured.Unstructured{Object: map[string]any{
		"apiVersion": "networking.k8s.io/v1", "kind": "IngressClass", "metadata": map[string]any{"name": "probe"},
		"spec": map[string]any{"controller": "example.com/probe"},
	}}
	for deadline := time.Now().Add(3 * time.Minute); time.Now().Before(deadline); time.Sleep(50 * time.Millisecond) {
		got, err := s.send(t.Context(), suitetest.Judged{Object: class, Operation: admissionv1.Create})
		if err != nil {
			t.Fatal(err)
		}
		s.mu.Lock()
		mutates := s.mutates
		s.mu.Unlock()
		if got != nil && mutates {
			return
		}
	}
	t.Fatal("kube-apiserver does not ask the webhook")
}

// namespaces of the suites' world, and its classes.
func namespaces(t *testing.T) string {
	t.Helper()
	files, err := filepath.Glob(filepath.Join("..", "escapes", "inventory", "*.yaml"))
	if err != nil || len(files) == 0 {
		t.Fatalf("no inventory: %v", err)
	}
	var docs []string
	for _, file := range files {
		data, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for doc := range strings.SplitSeq(string(data), "\n---\n") {
			var o struct{ Kind string }
			if err := yaml.Unmarshal([]byte(doc), &o); err != nil {
				t.Fatal(err)
			}
			if o.Kind == "Namespace" || o.Kind == "IngressClass" {
				docs = append(docs, doc)
			}
		}
	}
	return strings.Join(docs, "\n---\n")
}

// configurations make kube-apiserver ask the webhook about what suites hold.
const configurations = `
apiVersion: admissionregistration.k8s.io/v1
kind: ValidatingWebhookConfiguration
metadata: {name: listener}
webhooks:
- &hook
  name: listener.tollgate.dev
  admissionReviewVersions: [v1]
  clientConfig: {url: "%[1]s/validate", caBundle: %[2]s}
  sideEffects: None
  timeoutSeconds: 30
  rules:
  - apiGroups: [tollgate.dev, extensions.higress.io, networking.higress.io, networking.k8s.io, gateway.networking.k8s.io, gateway.networking.x-k8s.io, networking.istio.io, extensions.istio.io, discovery.k8s.io, ""]
    apiVersions: ["*"]
    resources: ["*"]
    operations: [CREATE, UPDATE, DELETE]
---
apiVersion: admissionregistration.k8s.io/v1
kind: MutatingWebhookConfiguration
metadata: {name: listener}
webhooks:
- name: listener.tollgate.dev
  admissionReviewVersions: [v1]
  clientConfig: {url: "%[1]s/mutate", caBundle: %[2]s}
  sideEffects: None
  timeoutSeconds: 30
  rules:
  - apiGroups: [tollgate.dev, extensions.higress.io, networking.higress.io, networking.k8s.io, gateway.networking.k8s.io]
    apiVersions: ["*"]
    resources: ["*"]
    operations: [CREATE, UPDATE]
`

// ServeHTTP is the webhook: it lets everything pass and notes what it is asked.
func (s *server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	var review admissionv1.AdmissionReview
	body, err := io.ReadAll(r.Body)
	if err == nil {
		err = json.Unmarshal(body, &review)
	}
	if err != nil || review.Request == nil {
		http.Error(w, "not an AdmissionReview", http.StatusBadRequest)
		return
	}
	resp := &admissionv1.AdmissionResponse{UID: review.Request.UID, Allowed: true}
	s.mu.Lock()
	s.mutates = s.mutates || r.URL.Path == "/mutate"
	// kube-apiserver has objects of its own to write.
	if s.armed && review.Request.SubResource == "" && review.Request.UserInfo.Username != "system:apiserver" {
		if r.URL.Path == "/validate" {
			s.asked = review.Request
		} else if len(s.patches) > 0 {
			kind := admissionv1.PatchTypeJSONPatch
			resp.Patch, resp.PatchType = s.patches[0], &kind
			s.patches = s.patches[1:]
		}
	}
	s.mu.Unlock()
	review.Request, review.Response = nil, resp
	w.Header().Set("Content-Type", "application/json")
	if err := json.NewEncoder(w).Encode(review); err != nil {
		return // kube-apiserver went away, and says so itself
	}
}

// send makes the case's request, without effect, and returns what the webhook
// was asked for validation.
func (s *server) send(ctx context.Context, j suitetest.Judged) (got *admissionv1.AdmissionRequest, err error) {
	u := j.Object.DeepCopy()
	admin, err := s.client(s.admin, u)
	if err != nil {
		return nil, err
	}
	config := rest.CopyConfig(s.admin)
	if j.User != "" {
		config.Impersonate = rest.ImpersonationConfig{UserName: j.User, Groups: j.Groups}
	}
	client, err := s.client(config, u)
	if err != nil {
		return nil, err
	}
	old := j.Old
	if old == nil && j.Operation == admissionv1.Delete {
		old = u
	}
	if old != nil {
		made, err := admin.Create(ctx, old, metav1.CreateOptions{})
		if err != nil {
			return nil, fmt.Errorf("creating what was there: %w", err)
		}
		defer func() {
			end, cancel := context.WithTimeout(context.WithoutCancel(ctx), time.Minute)
			defer cancel()
			err = errors.Join(err, admin.Delete(end, old.GetName(), metav1.DeleteOptions{}))
		}()
		u.SetResourceVersion(made.GetResourceVersion())
		u.SetUID(made.GetUID())
	}
	s.mu.Lock()
	s.patches, s.asked, s.armed = j.Patches, nil, true
	s.mu.Unlock()
	dryRun := []string{metav1.DryRunAll}
	switch j.Operation {
	case admissionv1.Create:
		_, err = client.Create(ctx, u, metav1.CreateOptions{DryRun: dryRun})
	case admissionv1.Update:
		_, err = client.Update(ctx, u, metav1.UpdateOptions{DryRun: dryRun})
	case admissionv1.Delete:
		err = client.Delete(ctx, u.GetName(), metav1.DeleteOptions{DryRun: dryRun})
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.armed = false
	return s.asked, err
}
