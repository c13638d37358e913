package specs

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/yaml"

	"tollgate.dev/tollgate/apis/tollgate/v1alpha1"
)

// Load reads the Organizations, Projects and PriceTables in the YAML files of a
// folder, for tests without a cluster. Other kinds are passed over; a field that
// is not known is an error.
func Load(dir string) (*Specs, error) {
	files, err := filepath.Glob(filepath.Join(dir, "*.yaml"))
	if err != nil || len(files) == 0 {
		return nil, fmt.Errorf("no YAML files in %s: %w", dir, err)
	}
	var l loaded
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			return nil, fmt.Errorf("reading specs: %w", err)
		}
		for doc := range strings.SplitSeq(string(text), "\n---\n") {
			if err := l.add(doc); err != nil {
				return nil, fmt.Errorf("reading specs of %s: %w", file, err)
			}
		}
	}
	return New(l.organizations, l.projects, l.tables), nil
}

type loaded struct {
	organizations []*v1alpha1.Organization
	projects      []*v1alpha1.Project
	tables        []*v1alpha1.PriceTable
}

func (l *loaded) add(doc string) (err error) {
	var kind metav1.TypeMeta
	if err := yaml.Unmarshal([]byte(doc), &kind); err != nil {
		return err
	}
	switch kind.Kind {
	case "Organization":
		l.organizations, err = appended(l.organizations, doc)
	case "Project":
		l.projects, err = appended(l.projects, doc)
	case "PriceTable":
		l.tables, err = appended(l.tables, doc)
	}
	return err
}

func appended[T any](list []*T, doc string) ([]*T, error) {
	object := new(T)
	if err := yaml.UnmarshalStrict([]byte(doc), object); err != nil {
		return nil, err
	}
	return append(list, object), nil
}
