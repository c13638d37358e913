package world_test

import (
	"testing"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"tollgate.dev/tollgate/cmd/tollgate/internal/review/world"
	"tollgate.dev/tollgate/rego/engine"
	"tollgate.dev/tollgate/rego/settings"
)

func class(name, created, mark string) *unstructured.Unstructured {
	metadata := map[string]any{"name": name, "annotations": map[string]any{"ingressclass.kubernetes.io/is-default-class": mark}}
	if created != "" {
		metadata["creationTimestamp"] = created
	}
	return &unstructured.Unstructured{Object: map[string]any{"apiVersion": "networking.k8s.io/v1", "kind": "IngressClass", "metadata": metadata}}
}

func TestDefaultIngressClass(t *testing.T) {
	tests := []struct {
		name    string
		classes []*unstructured.Unstructured
		want    string
	}{
		{"none", nil, ""},
		{"none is marked", []*unstructured.Unstructured{class("a", "", "false")}, ""},
		{"one", []*unstructured.Unstructured{class("a", "", "true"), class("b", "", "")}, "a"},
		{"the youngest", []*unstructured.Unstructured{class("a", "2026-01-01T00:00:00Z", "true"), class("b", "2026-02-01T00:00:00Z", "true")}, "b"},
		{"the first by name", []*unstructured.Unstructured{class("b", "2026-01-01T00:00:00Z", "true"), class("a", "2026-01-01T00:00:00Z", "true")}, "a"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			w := world.New(engine.New(engine.Options{}), settings.Default(), nil)
			for _, c := range tt.classes {
				w.Put(c)
			}
			if got := w.DefaultIngressClass(); got != tt.want {
				t.Errorf("%q, want %q", got, tt.want)
			}
		})
	}
}

func TestSetAndSettle(t *testing.T) {
	e := engine.New(engine.Options{})
	w := world.New(e, settings.Default(), nil)
	known := func() bool {
		w.Settle()
		_, _, _, known := e.Snapshot().Inventory().Namespace("x")
		return known
	}
	if known() {
		t.Error("an empty world knows a namespace")
	}
	ns := &unstructured.Unstructured{Object: map[string]any{"apiVersion": "v1", "kind": "Namespace", "metadata": map[string]any{"name": "x"}}}
	key := world.KeyOf(ns)
	w.Set(key, ns)
	if !known() || w.Get(key) != ns {
		t.Error("the namespace is not there")
	}
	w.Set(key, nil)
	if known() || w.Get(key) != nil {
		t.Error("the namespace is still there")
	}
	w.Remove(key) // once more makes no difference
}
