package audit

import "k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

// Objects returns what is known in a namespace, or of the cluster-scoped objects
// for "", as it was put but for managed fields.
func (s *Store) Objects(namespace string) []*unstructured.Unstructured {
	all := s.in(namespace)
	out := make([]*unstructured.Unstructured, 0, len(all))
	for _, o := range all {
		u := &unstructured.Unstructured{}
		if err := u.UnmarshalJSON(o.raw); err == nil { // it was made here
			out = append(out, u)
		}
	}
	return out
}
