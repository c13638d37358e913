package main

import (
	"encoding/json"
	"fmt"

	"github.com/kyverno/kyverno/pkg/cel/libs"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
)

// library is what policies may ask for beside the review. Kyverno's own stand-in
// for a cluster answers what no policy here asks for.
type library struct {
	*libs.FakeContextProvider

	entries    map[string]any // global context entries by kind: all objects of that kind
	namespaces map[string]*corev1.Namespace
}

func newLibrary(objects []json.RawMessage) (*library, error) {
	l := &library{FakeContextProvider: libs.NewFakeContextProvider(), entries: map[string]any{}, namespaces: map[string]*corev1.Namespace{}}
	byKind := map[string][]any{}
	for i, raw := range objects {
		var object unstructured.Unstructured
		if err := json.Unmarshal(raw, &object); err != nil {
			return nil, fmt.Errorf("decoding object %d: %w", i, err)
		}
		byKind[object.GetKind()] = append(byKind[object.GetKind()], object.Object)
		if object.GetKind() == "Namespace" {
			var namespace corev1.Namespace
			if err := json.Unmarshal(raw, &namespace); err != nil {
				return nil, fmt.Errorf("decoding namespace %s: %w", object.GetName(), err)
			}
			l.namespaces[namespace.Name] = &namespace
		}
	}
	for kind, all := range byKind {
		l.entries[kind] = all
	}
	return l, nil
}

// GetGlobalReference returns all objects of a kind, as a global context entry
// for a kind has them.
func (l *library) GetGlobalReference(name, _ string) (any, error) {
	return l.entries[name], nil
}

func (l *library) namespace(name string) *corev1.Namespace { return l.namespaces[name] }
