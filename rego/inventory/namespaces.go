package inventory

import (
	"maps"

	"github.com/open-policy-agent/opa/v1/ast"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
)

// namespaceFacts is what is kept of a Namespace.
type namespaceFacts struct {
	labels, annotations map[string]string
	terminating         bool
}

func parseNamespace(u *unstructured.Unstructured) any {
	ns := read[corev1.Namespace](u)
	return &namespaceFacts{
		labels:      ns.Labels,
		annotations: ns.Annotations,
		terminating: ns.DeletionTimestamp != nil || ns.Status.Phase == corev1.NamespaceTerminating,
	}
}

// namespaces is data.tollgate.namespace[name].
type namespaces struct {
	words words
	facts *table[*namespaceFacts]
	last  *tableDocument[*namespaceFacts]
}

func newNamespaces(w words) *namespaces {
	return &namespaces{words: w, facts: newTable[*namespaceFacts]()}
}

func (n *namespaces) put(k objectKey, f *namespaceFacts) {
	before, ok := n.facts.get(k.name())
	if ok && before.terminating == f.terminating && maps.Equal(before.labels, f.labels) && maps.Equal(before.annotations, f.annotations) {
		return
	}
	n.facts.set(k.name(), f)
}

func (n *namespaces) remove(k objectKey) {
	if k.group() == "" && k.kind() == "Namespace" {
		n.facts.remove(k.name())
	}
}

func (n *namespaces) freeze() document {
	if snapshot := n.facts.freeze(); n.last == nil || n.last.entries != snapshot {
		n.last = newTableDocument(snapshot, n.value)
	}
	return n.last
}

func (n *namespaces) value(f *namespaceFacts) ast.Value {
	return n.words.object(
		field{"labels", n.words.texts(f.labels)},
		field{"annotations", n.words.texts(f.annotations)},
		field{"terminating", flag(f.terminating)},
	)
}
