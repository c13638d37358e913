package main

import (
	"encoding/json"
	"fmt"

	kyvernov2beta1 "github.com/kyverno/kyverno/api/kyverno/v2beta1"
	"github.com/kyverno/kyverno/pkg/cel/libs"
	"github.com/kyverno/kyverno/pkg/config"
	"github.com/kyverno/kyverno/pkg/engine/jmespath"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/meta"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
)

// library is what policies may ask for beside the review. Kyverno's own stand-in
// for a cluster answers what no policy here asks for.
type library struct {
	*libs.FakeContextProvider

	objects    map[schema.GroupVersionResource][]any
	entries    map[string]map[string]any // global context entries: by name, then by projection
	namespaces map[string]*corev1.Namespace
}

func newLibrary(objects []json.RawMessage) (*library, error) {
	l := &library{
		FakeContextProvider: libs.NewFakeContextProvider(),
		objects:             map[schema.GroupVersionResource][]any{},
		entries:             map[string]map[string]any{},
		namespaces:          map[string]*corev1.Namespace{},
	}
	for i, raw := range objects {
		var object unstructured.Unstructured
		if err := json.Unmarshal(raw, &object); err != nil {
			return nil, fmt.Errorf("decoding object %d: %w", i, err)
		}
		resource, _ := meta.UnsafeGuessKindToResource(object.GroupVersionKind())
		l.objects[resource] = append(l.objects[resource], object.Object)
		if object.GetKind() != "Namespace" {
			continue
		}
		var namespace corev1.Namespace
		if err := json.Unmarshal(raw, &namespace); err != nil {
			return nil, fmt.Errorf("decoding namespace %s: %w", object.GetName(), err)
		}
		l.namespaces[namespace.Name] = &namespace
	}
	return l, nil
}

// add computes the projections of a global context entry, as Kyverno does
// whenever an object changes.
func (l *library) add(raw json.RawMessage) error {
	var entry kyvernov2beta1.GlobalContextEntry
	if err := json.Unmarshal(raw, &entry); err != nil {
		return fmt.Errorf("decoding a global context entry: %w", err)
	}
	of := entry.Spec.KubernetesResource
	all := l.objects[schema.GroupVersionResource{Group: of.Group, Version: of.Version, Resource: of.Resource}]
	if len(all) == 0 {
		return fmt.Errorf("global context entry %s: there are no %s", entry.Name, of.Resource)
	}
	engine := jmespath.New(config.NewDefaultConfiguration(false))
	projections := map[string]any{}
	for _, p := range entry.Spec.Projections {
		query, err := engine.Query(p.JMESPath)
		if err != nil {
			return fmt.Errorf("projection %s of %s: %w", p.Name, entry.Name, err)
		}
		if projections[p.Name], err = query.Search(all); err != nil {
			return fmt.Errorf("projection %s of %s: %w", p.Name, entry.Name, err)
		}
	}
	l.entries[entry.Name] = projections
	return nil
}

// GetGlobalReference returns a projection.
func (l *library) GetGlobalReference(name, projection string) (any, error) {
	found, ok := l.entries[name][projection]
	if !ok {
		return nil, fmt.Errorf("there is no projection %s of global context entry %s", projection, name)
	}
	return found, nil
}

func (l *library) namespace(name string) *corev1.Namespace { return l.namespaces[name] }
