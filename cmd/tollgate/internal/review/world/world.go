// Package world holds the objects that exist while a review is judged, and gives
// them to the engine as its inventory. It is called by tollgate review.
package world

import (
	"strings"

	networkingv1 "k8s.io/api/networking/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"tollgate.dev/tollgate/apis/tollgate/v1alpha1"
	"tollgate.dev/tollgate/rego/engine"
	"tollgate.dev/tollgate/rego/inventory"
	"tollgate.dev/tollgate/rego/settings"
)

// Key names one object, whatever the version of its API.
type Key struct{ Group, Kind, Namespace, Name string }

// KeyOf is the key of an object.
func KeyOf(u *unstructured.Unstructured) Key {
	gvk := u.GroupVersionKind()
	return Key{gvk.Group, gvk.Kind, u.GetNamespace(), u.GetName()}
}

// World is what exists. It is not safe for concurrent use.
type World struct {
	engine  *engine.Engine
	builder *inventory.Builder
	objects map[Key]*unstructured.Unstructured
}

// New returns an empty world behind an engine. whole are the kinds whose whole
// objects policies read.
func New(e *engine.Engine, s *settings.Settings, whole []v1alpha1.InventoryKind) *World {
	w := &World{engine: e, builder: inventory.NewBuilder(s), objects: map[Key]*unstructured.Unstructured{}}
	w.builder.Whole(whole)
	return w
}

// Put adds or replaces an object. The object may not be changed afterwards.
func (w *World) Put(u *unstructured.Unstructured) {
	w.objects[KeyOf(u)] = u
	w.builder.Put(u)
}

// Get returns an object, nil when it does not exist.
func (w *World) Get(k Key) *unstructured.Unstructured { return w.objects[k] }

// NamespaceLabels are the labels of a namespace, nil when it does not exist.
func (w *World) NamespaceLabels(name string) map[string]string {
	if ns := w.Get(Key{Kind: "Namespace", Name: name}); ns != nil {
		return ns.GetLabels()
	}
	return nil
}

// Remove takes an object out.
func (w *World) Remove(k Key) {
	u := w.objects[k]
	if u == nil {
		return
	}
	delete(w.objects, k)
	w.builder.Delete(u.GroupVersionKind(), k.Namespace, k.Name)
}

// Set puts an object in place of a key, or removes it when u is nil.
func (w *World) Set(k Key, u *unstructured.Unstructured) {
	if u == nil {
		w.Remove(k)
		return
	}
	w.Put(u)
}

// Settle puts what exists now before the engine.
func (w *World) Settle() { w.engine.UseInventory(w.builder.Build()) }

// DefaultIngressClass is the class that the API server gives an Ingress without
// one: that which is marked as default, the youngest and then the first by name
// if there are several; "" when there is none.
func (w *World) DefaultIngressClass() string {
	var best *unstructured.Unstructured
	for k, u := range w.objects {
		if k.Group != networkingv1.GroupName || k.Kind != "IngressClass" ||
			u.GetAnnotations()[networkingv1.AnnotationIsDefaultIngressClass] != "true" {
			continue
		}
		if best == nil || younger(u, best) {
			best = u
		}
	}
	if best == nil {
		return ""
	}
	return best.GetName()
}

func younger(a, b *unstructured.Unstructured) bool {
	if at, bt := a.GetCreationTimestamp(), b.GetCreationTimestamp(); at.Unix() != bt.Unix() {
		return bt.Before(&at)
	}
	return strings.Compare(a.GetName(), b.GetName()) < 0
}
