package inventory

import (
	"encoding/json"

	"github.com/open-policy-agent/opa/v1/ast"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"

	"tollgate.dev/tollgate/apis/tollgate/v1alpha1"
	"tollgate.dev/tollgate/rego/value"
)

// newWholeObject is an object as policies read it: as it is, but for
// managedFields. Nil for one that is no JSON or nests too deeply, which no API
// server stores.
func newWholeObject(u *unstructured.Unstructured) ast.Value {
	object := u.Object
	if meta, ok := object["metadata"].(map[string]any); ok && meta["managedFields"] != nil {
		object = without(object, "metadata")
		object["metadata"] = without(meta, "managedFields")
	}
	raw, err := json.Marshal(object)
	if err != nil {
		return nil
	}
	v, err := value.Parse(raw)
	if err != nil {
		return nil
	}
	return v
}

func without(m map[string]any, key string) map[string]any {
	out := make(map[string]any, len(m))
	for k, v := range m {
		if k != key {
			out[k] = v
		}
	}
	return out
}

// wholeObjects is data.inventory: namespace[ns][apiVersion][kind][name] and
// cluster[apiVersion][kind][name], of the kinds that were asked for.
type wholeObjects struct {
	kinds   map[schema.GroupVersionKind]struct{}
	objects map[objectKey]map[schema.GroupVersionKind]struct{}
	tree    *tree
}

func newWholeObjects() *wholeObjects {
	return &wholeObjects{
		kinds:   map[schema.GroupVersionKind]struct{}{},
		objects: map[objectKey]map[schema.GroupVersionKind]struct{}{},
		tree:    newTree(),
	}
}

func (w *wholeObjects) wants(gvk schema.GroupVersionKind) bool {
	_, ok := w.kinds[gvk]
	return ok
}

// ask sets the kinds and drops the objects of others.
func (w *wholeObjects) ask(kinds []v1alpha1.InventoryKind) bool {
	w.kinds = make(map[schema.GroupVersionKind]struct{}, len(kinds))
	for _, k := range kinds {
		w.kinds[schema.GroupVersionKind{Group: k.Group, Version: k.Version, Kind: k.Kind}] = struct{}{}
	}
	changed := false
	for k, versions := range w.objects {
		for gvk := range versions {
			if !w.wants(gvk) {
				w.drop(k, gvk)
				changed = true
			}
		}
	}
	return changed
}

func (w *wholeObjects) put(k objectKey, gvk schema.GroupVersionKind, o ast.Value) bool {
	if !w.wants(gvk) { // no longer asked for
		return false
	}
	if o == nil {
		return w.remove(k)
	}
	if w.objects[k] == nil {
		w.objects[k] = map[schema.GroupVersionKind]struct{}{}
	}
	w.objects[k][gvk] = struct{}{}
	w.tree.set(place(gvk, k), o)
	return true
}

func (w *wholeObjects) remove(k objectKey) bool {
	versions, ok := w.objects[k]
	for gvk := range versions {
		w.drop(k, gvk)
	}
	return ok
}

func (w *wholeObjects) drop(k objectKey, gvk schema.GroupVersionKind) {
	w.tree.remove(place(gvk, k))
	delete(w.objects[k], gvk)
	if len(w.objects[k]) == 0 {
		delete(w.objects, k)
	}
}

func place(gvk schema.GroupVersionKind, k objectKey) []string {
	if k.namespace() == "" {
		return []string{"cluster", gvk.GroupVersion().String(), gvk.Kind, k.name()}
	}
	return []string{"namespace", k.namespace(), gvk.GroupVersion().String(), gvk.Kind, k.name()}
}

func (w *wholeObjects) freeze() document { return w.tree.freeze() }
