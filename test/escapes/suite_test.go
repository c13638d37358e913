package escapes

import (
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"sigs.k8s.io/yaml"
)

const (
	create = "CREATE"
	update = "UPDATE"
)

// suite is what these tests read of a suite.yaml. `tollgate review` reads all of it.
type suite struct {
	Dir       string   `json:"-"`
	Inventory []string `json:"inventory"`
	Defaults  expected `json:"defaults"`
	// Cases by path below Dir: only what differs from Defaults.
	Cases map[string]expected `json:"cases"`
}

type expected struct {
	As        map[string]any `json:"as"` // the defaults' when nil
	Operation string         `json:"operation"`
	Old       string         `json:"old"`
	Expect    string         `json:"expect"`
}

func suites() []string { return []string{".", filepath.Join("..", "bystanders")} }

func readSuite(t *testing.T, dir string) suite {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(dir, "suite.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	s := suite{Dir: dir}
	if err := yaml.Unmarshal(data, &s); err != nil {
		t.Fatalf("%s: %v", dir, err)
	}
	return s
}

// files are the case files below the suite's folder.
func (s suite) files(t *testing.T) []string {
	t.Helper()
	var out []string
	err := filepath.WalkDir(s.Dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		rel, err := filepath.Rel(s.Dir, path)
		if err != nil {
			return err
		}
		switch {
		case rel == "inventory" || rel == "old":
			return fs.SkipDir
		case d.IsDir() || filepath.Ext(path) != ".yaml" || rel == "suite.yaml" || rel == "settings.yaml":
			return nil
		}
		out = append(out, rel)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// expected joins a case with the defaults.
func (s suite) expected(file string) expected {
	e := s.Cases[file]
	if e.Operation == "" {
		e.Operation = s.Defaults.Operation
	}
	if e.Expect == "" {
		e.Expect = s.Defaults.Expect
	}
	return e
}

func readFile(t *testing.T, path string) []byte {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// read returns the objects of a file.
func read(t *testing.T, path string) []*unstructured.Unstructured {
	t.Helper()
	data := readFile(t, path)
	var out []*unstructured.Unstructured
	for doc := range strings.SplitSeq(string(data), "\n---\n") {
		o := &unstructured.Unstructured{}
		if err := yaml.UnmarshalStrict([]byte(doc), &o.Object); err != nil {
			t.Fatalf("%s: %v", path, err)
		}
		out = append(out, o)
	}
	return out
}

func readOne(t *testing.T, path string) *unstructured.Unstructured {
	t.Helper()
	objects := read(t, path)
	if len(objects) != 1 {
		t.Fatalf("%s: %d objects, want one", path, len(objects))
	}
	return objects[0]
}

// examples are the gateway objects of the example tenant.
func examples(t *testing.T) []string {
	t.Helper()
	all, err := filepath.Glob(filepath.Join("..", "..", "manifests", "examples", "acme", "*.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	var out []string
	for _, path := range all {
		if filepath.Base(path) != "kustomization.yaml" {
			out = append(out, path)
		}
	}
	if len(out) == 0 {
		t.Fatal("no examples in manifests/examples/acme")
	}
	return out
}

// Each file says what it tries, is one object, and is what the list of cases
// takes it for.
func TestSuitesAreInOrder(t *testing.T) {
	least := map[string]int{".": 150, filepath.Join("..", "bystanders"): 40}
	for _, dir := range suites() {
		s := readSuite(t, dir)
		files := s.files(t)
		if len(files) < least[dir] {
			t.Errorf("%s has %d cases, want at least %d", dir, len(files), least[dir])
		}
		known := map[string]bool{}
		for _, file := range files {
			known[file] = true
			path := filepath.Join(dir, file)
			data, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			first, _, _ := strings.Cut(string(data), "\n")
			if why, ok := strings.CutPrefix(first, "# "); !ok || len(why) < 10 || !strings.HasSuffix(why, ".") {
				t.Errorf("%s: the first line must be a comment that says in a sentence what it tries and why: %q", path, first)
			}
			o, e := readOne(t, path), s.expected(file)
			if (e.Operation == update) != (e.Old != "") {
				t.Errorf("%s: operation %s with old %q", path, e.Operation, e.Old)
			}
			if e.Old != "" {
				old := readOne(t, filepath.Join(dir, e.Old))
				if old.GroupVersionKind().GroupKind() != o.GroupVersionKind().GroupKind() || old.GetName() != o.GetName() || old.GetNamespace() != o.GetNamespace() {
					t.Errorf("%s: an update of %s %s/%s by %s %s/%s", path, old.GetKind(), old.GetNamespace(), old.GetName(), o.GetKind(), o.GetNamespace(), o.GetName())
				}
			}
		}
		for file := range s.Cases {
			if !known[file] {
				t.Errorf("%s/suite.yaml lists %s, which is not there", dir, file)
			}
		}
	}
}
