package inventory

import "strings"

// objectKey names one object: its kind, group, namespace and name, with a NUL
// after each but the last, which no name of Kubernetes holds. It is one text
// because the inventory keeps some of them for every object of the cluster.
// Keys sort by kind, group, namespace and name. The version of an object's API
// makes no difference: one object may be seen in several.
type objectKey string

const nul = "\x00"

// newObjectKey reports false for what names no object.
func newObjectKey(group, kind, namespace, name string) (objectKey, bool) {
	text := kind + nul + group + nul + namespace + nul + name
	return objectKey(text), name != "" && strings.Count(text, nul) == 3
}

// part returns the part after so many separators.
func (k objectKey) part(n int) string {
	rest := string(k)
	for range n {
		_, rest, _ = strings.Cut(rest, nul)
	}
	part, _, _ := strings.Cut(rest, nul)
	return part
}

func (k objectKey) kind() string      { return k.part(0) }
func (k objectKey) group() string     { return k.part(1) }
func (k objectKey) namespace() string { return k.part(2) }
func (k objectKey) name() string      { return k.part(3) }

// qualified is namespace/name.
func (k objectKey) qualified() string { return k.namespace() + "/" + k.name() }
