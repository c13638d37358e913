package baseline_test

import (
	"encoding/json"
	"testing"

	"github.com/google/go-cmp/cmp"
	jsonpatch "gopkg.in/evanphx/json-patch.v4"
	admissionv1 "k8s.io/api/admission/v1"
	authenticationv1 "k8s.io/api/authentication/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"

	"tollgate.dev/tollgate/rego/admission"
)

// TestMutationsSettle holds, for many WasmPlugins: asked again, the mutations
// want nothing more; and whoever applies the same manifest a second time, which
// keeps the fields that the manifest does not name and replaces its lists,
// changes nothing.
func TestMutationsSettle(t *testing.T) {
	judge := gatewayJudge(t)
	patched := 0
	for _, roll := range rolls(800) {
		d := &dice{rest: roll}
		by := people()[d.throw(len(people()))]
		manifest := mustJSON(clean(t, newWasmPlugin(d)))
		stored := mutated(t, judge, by, admissionv1.Create, manifest, nil)
		if string(stored) != string(manifest) {
			patched++
		}
		if again := mutated(t, judge, by, admissionv1.Create, stored, nil); !jsonpatch.Equal(stored, again) {
			t.Fatalf("asked again, the mutations want more: %s\n%s", cmp.Diff(parsed(t, stored), parsed(t, again)), manifest)
		}
		applied, err := jsonpatch.MergePatch(stored, manifest)
		if err != nil {
			t.Fatal(err)
		}
		second := mutated(t, judge, by, admissionv1.Update, applied, stored)
		if !jsonpatch.Equal(stored, second) {
			t.Fatalf("a second apply changes the object: %s\n%s", cmp.Diff(parsed(t, stored), parsed(t, second)), manifest)
		}
		// A GitOps tool compares its manifest with what is stored, as far as the
		// manifest goes.
		if !jsonpatch.Equal(applied, stored) {
			t.Fatalf("what the manifest says was rewritten: %s\n%s", cmp.Diff(parsed(t, applied), parsed(t, stored)), manifest)
		}
	}
	if patched < 100 {
		t.Errorf("%d objects were changed at all: too few to show anything", patched)
	}
}

// mutated is an object after the mutating webhook.
func mutated(t *testing.T, judge *admission.Judge, by person, operation admissionv1.Operation, object, old []byte) []byte {
	t.Helper()
	u := unstructured.Unstructured{Object: parsed(t, object)}
	response, _ := judge.Mutate(t.Context(), &admissionv1.AdmissionRequest{
		UID: "mutation", Operation: operation, Namespace: u.GetNamespace(), Name: u.GetName(),
		Kind:      metav1.GroupVersionKind{Group: "extensions.higress.io", Version: "v1alpha1", Kind: "WasmPlugin"},
		Resource:  metav1.GroupVersionResource{Group: "extensions.higress.io", Version: "v1alpha1", Resource: "wasmplugins"},
		UserInfo:  authenticationv1.UserInfo{Username: by.user, Groups: by.groups},
		Object:    runtime.RawExtension{Raw: object},
		OldObject: runtime.RawExtension{Raw: old},
	})
	if !response.Allowed {
		t.Fatalf("the mutation refuses: %v\n%s", response.Result, object)
	}
	if response.Patch == nil {
		return object
	}
	patch, err := jsonpatch.DecodePatch(response.Patch)
	if err != nil {
		t.Fatal(err)
	}
	out, err := patch.Apply(object)
	if err != nil {
		t.Fatalf("the patch %s does not apply: %v\n%s", response.Patch, err, object)
	}
	return out
}

func parsed(t *testing.T, raw []byte) map[string]any {
	t.Helper()
	var m map[string]any
	if err := json.Unmarshal(raw, &m); err != nil {
		t.Fatal(err)
	}
	return m
}
