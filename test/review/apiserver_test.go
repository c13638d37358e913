package review

import (
	"bytes"
	"encoding/json"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	admissionv1 "k8s.io/api/admission/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"

	"tollgate.dev/tollgate/cmd/tollgate/suitetest"
)

// TestRequestsAreThoseOfAnAPIServer sends every case of the suites to a real
// kube-apiserver whose webhook answers mutations as tollgate review does, and
// compares what it asks for validation with what review judges: the same
// object after defaulting, pruning and patching, the same old object, the same
// request about it. Only uid, managedFields, resourceVersion, timestamps and
// what a dry run changes may differ.
func TestRequestsAreThoseOfAnAPIServer(t *testing.T) {
	s := newServer(t)
	for _, dir := range []string{"escapes", "bystanders"} {
		compared, total := 0, 0
		for _, j := range suitetest.Judge(t, filepath.Join("..", dir)) {
			if group := j.Object.GroupVersionKind().Group; group == "" && j.Object.GetKind() != "Secret" || group == "apps" {
				continue // Tollgate's webhook is not asked about it
			}
			total++
			t.Run(dir+"/"+j.Name, func(t *testing.T) {
				got, err := s.send(t.Context(), j)
				if got == nil {
					// Refused before validation: by the API server's own rules.
					if err == nil || !apierrors.IsInvalid(err) && !apierrors.IsForbidden(err) {
						t.Fatalf("the webhook was not asked: %v", err)
					}
					if apierrors.IsInvalid(err) != (j.Invalid || strings.HasPrefix(j.Name, "malformed/")) {
						t.Errorf("kube-apiserver: %v; review takes it for invalid: %t", err, j.Invalid)
					}
					return
				}
				compared++
				if diff := cmp.Diff(shape(t, got), shape(t, j.Request)); diff != "" {
					t.Errorf("request (-kube-apiserver +review):\n%s", diff)
				}
			})
		}
		// The rest cannot be sent: malformed, or in a namespace that ends.
		if compared < total*8/10 {
			t.Errorf("%s: only %d of %d cases were compared", dir, compared, total)
		}
	}
}

// shape is a request without what may differ.
func shape(t *testing.T, r *admissionv1.AdmissionRequest) map[string]any {
	t.Helper()
	object := func(raw []byte) any {
		if len(raw) == 0 {
			return nil
		}
		var o map[string]any
		if err := json.Unmarshal(raw, &o); err != nil {
			t.Fatal(err)
		}
		metadata, _ := o["metadata"].(map[string]any)
		for _, name := range []string{"uid", "managedFields", "resourceVersion", "creationTimestamp"} {
			delete(metadata, name)
		}
		if _, drawn := metadata["generateName"]; drawn {
			delete(metadata, "name")
		}
		return o
	}
	name := r.Name
	if strings.HasSuffix(name, "-xxxxx") || r.Operation == admissionv1.Create && bytes.Contains(r.Object.Raw, []byte(`"generateName"`)) {
		name = "(drawn)"
	}
	return map[string]any{
		"kind": r.Kind, "resource": r.Resource, "requestKind": r.RequestKind, "requestResource": r.RequestResource,
		"name": name, "namespace": r.Namespace, "operation": r.Operation, "user": r.UserInfo.Username,
		"object": object(r.Object.Raw), "oldObject": object(r.OldObject.Raw),
	}
}
