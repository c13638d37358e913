package judge

import (
	"encoding/json"
	"fmt"

	jsonpatch "gopkg.in/evanphx/json-patch.v4"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
)

// apply applies a JSON patch with the library that kube-apiserver has.
func apply(u *unstructured.Unstructured, patch []byte) (*unstructured.Unstructured, error) {
	p, err := jsonpatch.DecodePatch(patch)
	if err != nil {
		return nil, fmt.Errorf("reading the patch: %w", err)
	}
	before, err := json.Marshal(u.Object)
	if err != nil {
		return nil, fmt.Errorf("writing the object: %w", err)
	}
	after, err := p.Apply(before)
	if err != nil {
		return nil, fmt.Errorf("applying the patch %s: %w", patch, err)
	}
	out := &unstructured.Unstructured{}
	if err := out.UnmarshalJSON(after); err != nil {
		return nil, fmt.Errorf("reading the patched object: %w", err)
	}
	return out, nil
}
