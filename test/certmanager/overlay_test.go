package certmanager_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"sigs.k8s.io/yaml"
)

// overlay is what manifests/overlays/example makes.
type overlay struct {
	// file holds all objects, to be applied.
	file    string
	objects []*unstructured.Unstructured
}

// ports are where the programs listen.
type ports struct{ webhook, apiserver int }

// buildOverlay has kubectl make the objects, and has its Services lead to localhost.
func (w *world) buildOverlay(p ports) *overlay {
	w.t.Helper()
	o := &overlay{file: filepath.Join(w.t.TempDir(), "overlay.json")}
	list := map[string]any{"apiVersion": "v1", "kind": "List"}
	var items []any
	for doc := range strings.SplitSeq(w.run("kustomize", w.manifest("overlays/example")), "\n---\n") {
		object := &unstructured.Unstructured{}
		if err := yaml.Unmarshal([]byte(doc), &object.Object); err != nil {
			w.t.Fatal(err)
		}
		redirect(w.t, object, p)
		o.objects = append(o.objects, object)
		items = append(items, object.Object)
	}
	list["items"] = items
	raw, err := json.Marshal(list)
	if err != nil {
		w.t.Fatal(err)
	}
	if err := os.WriteFile(o.file, raw, 0o600); err != nil {
		w.t.Fatal(err)
	}
	return o
}

// redirect has a Service, and what calls by it, lead to a program on localhost.
func redirect(t *testing.T, object *unstructured.Unstructured, p ports) {
	t.Helper()
	switch object.GetKind() {
	case "Service":
		object.Object["spec"] = map[string]any{"type": "ExternalName", "externalName": "localhost"}
	case "APIService":
		set(t, object.Object, int64(p.apiserver), "spec", "service", "port")
	case "ValidatingWebhookConfiguration", "MutatingWebhookConfiguration":
		for _, one := range object.Object["webhooks"].([]any) {
			set(t, one.(map[string]any), int64(p.webhook), "clientConfig", "service", "port")
			set(t, one.(map[string]any), int64(30), "timeoutSeconds") // the most; a busy machine is not what is tested
		}
	}
}

func set(t *testing.T, object map[string]any, value any, fields ...string) {
	t.Helper()
	if err := unstructured.SetNestedField(object, value, fields...); err != nil {
		t.Fatal(err)
	}
}

// of returns the objects of a group, as group/kind/name.
func (o *overlay) of(group string) (names []string) {
	for _, object := range o.objects {
		if kind := object.GroupVersionKind(); kind.Group == group {
			names = append(names, strings.ToLower(kind.Kind)+"."+group+"/"+object.GetName())
		}
	}
	return names
}

// find returns an object.
func (o *overlay) find(t *testing.T, kind, name string) *unstructured.Unstructured {
	t.Helper()
	for _, object := range o.objects {
		if object.GetKind() == kind && object.GetName() == name {
			return object
		}
	}
	t.Fatalf("the overlay has no %s %s", kind, name)
	return nil
}
