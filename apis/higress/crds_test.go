package higress_test

import (
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"
	utilyaml "k8s.io/apimachinery/pkg/util/yaml"
)

// upstream is a copy of Higress's CRDs, kept beside the repository and not in
// it.
const upstream = "../../../shared/facts/higress-crds.yaml"

// The CRDs made from the types here say what Higress's own say: the same names,
// scope and versions, and in the schemas the same fields, types and enums and
// nothing stricter.
func TestSameAsUpstream(t *testing.T) {
	theirs := readCRDs(t, upstream)
	ours := map[string]any{}
	files, err := filepath.Glob("../../manifests/higress-crds/*_*.yaml")
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		for name, crd := range readCRDs(t, f) {
			ours[name] = crd
		}
	}
	if len(theirs) != 3 {
		t.Fatalf("%s holds %d CRDs, want 3", upstream, len(theirs))
	}
	if diff := cmp.Diff(theirs, ours); diff != "" {
		t.Errorf("Higress's CRDs against ours (-Higress's +ours):\n%s", diff)
	}
}

// readCRDs returns the CRDs of a file by name, without what makes no difference
// to an object: texts, and the oneOf by which Higress refuses an Http2Rpc with
// both a dubbo and a grpc part, which would be stricter.
func readCRDs(t *testing.T, file string) map[string]any {
	t.Helper()
	f, err := os.Open(file)
	if errors.Is(err, fs.ErrNotExist) {
		t.Skipf("nothing to compare with: %v", err)
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = f.Close() })
	crds := map[string]any{}
	for dec := utilyaml.NewYAMLOrJSONDecoder(f, 4096); ; {
		var crd map[string]any
		err := dec.Decode(&crd)
		if errors.Is(err, io.EOF) {
			return crds
		}
		if err != nil {
			t.Fatalf("reading %s: %v", file, err)
		}
		if len(crd) == 0 {
			continue
		}
		meta := crd["metadata"].(map[string]any)
		delete(meta["annotations"].(map[string]any), "controller-gen.kubebuilder.io/version")
		for _, v := range crd["spec"].(map[string]any)["versions"].([]any) {
			root := v.(map[string]any)["schema"].(map[string]any)["openAPIV3Schema"].(map[string]any)
			properties := root["properties"].(map[string]any)
			for _, common := range []string{"apiVersion", "kind", "metadata"} {
				delete(properties, common) // the API server adds them
			}
			delete(properties["spec"].(map[string]any), "oneOf")
		}
		crds[meta["name"].(string)] = withoutTexts(crd)
	}
}

// withoutTexts drops descriptions, except of a field of that name.
func withoutTexts(v any) any {
	switch v := v.(type) {
	case map[string]any:
		if _, isText := v["description"].(string); isText {
			delete(v, "description")
		}
		for k, e := range v {
			v[k] = withoutTexts(e)
		}
	case []any:
		for i, e := range v {
			v[i] = withoutTexts(e)
		}
	}
	return v
}
