package escapes

import (
	"path/filepath"
	"strings"
	"testing"

	"tollgate.dev/tollgate/hack/cluster"
	"tollgate.dev/tollgate/hack/cluster/clustertest"
)

// malformed holds what kube-apiserver refuses without anybody's help.
const malformed = "malformed" + string(filepath.Separator)

// A real kube-apiserver takes every manifest of the suites, of their world and of
// the example tenant, so that what is refused later is refused by a policy.
func TestManifestsAreServable(t *testing.T) {
	s := newServer(t)
	for _, path := range examples(t) {
		for _, o := range read(t, path) {
			if err := s.create(t.Context(), o, true); err != nil {
				t.Errorf("%s: %v", path, err)
			}
		}
	}
	for _, dir := range suites() {
		suite := readSuite(t, dir)
		for _, folder := range suite.Inventory {
			files, err := filepath.Glob(filepath.Join(dir, folder, "*.yaml"))
			if err != nil || len(files) == 0 {
				t.Fatalf("%s: no inventory in %s (%v)", dir, folder, err)
			}
			for _, path := range files {
				for _, o := range read(t, path) {
					if err := s.create(t.Context(), o, true); err != nil {
						t.Errorf("%s: %v", path, err)
					}
				}
			}
		}
		for _, file := range suite.files(t) {
			path, e := filepath.Join(dir, file), suite.expected(file)
			o := readOne(t, path)
			var err error
			if e.Old == "" {
				err = s.create(t.Context(), o, true)
			} else {
				err = s.update(t.Context(), readOne(t, filepath.Join(dir, e.Old)), o)
			}
			if strings.HasPrefix(file, malformed) {
				if err == nil {
					t.Errorf("%s: kube-apiserver takes it, so it is no malformed manifest", path)
				}
				continue
			}
			if err != nil {
				t.Errorf("%s: %v", path, err)
			}
		}
	}
}

// newServer starts a kube-apiserver that knows every kind and every namespace of
// the suites.
func newServer(t *testing.T) *server {
	t.Helper()
	cp := clustertest.ControlPlane(t)
	kubectl, err := cp.Kubectl(cluster.Admin())
	if err != nil {
		t.Fatal(err)
	}
	manifests := filepath.Join("..", "..", "manifests")
	for _, args := range [][]string{
		{"apply", "--server-side", "-k", filepath.Join(manifests, "crds")},
		{"apply", "--server-side", "-k", filepath.Join(manifests, "higress-crds")},
		{"apply", "--server-side", "-f", filepath.Join(manifests, "gatewayapi")},
	} {
		if _, _, err := kubectl.Run(t.Context(), args...); err != nil {
			t.Fatal(err)
		}
	}
	s := connect(t, cp, kubectl)
	for _, o := range read(t, filepath.Join("inventory", "namespaces.yaml")) {
		if err := s.create(t.Context(), o, false); err != nil {
			t.Fatal(err)
		}
	}
	return s
}
