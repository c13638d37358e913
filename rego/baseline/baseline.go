package baseline

import (
	"embed"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strings"

	"tollgate.dev/tollgate/rego/policy"
)

//go:embed lib/*.rego policies/*/*.rego
var files embed.FS

// Policies returns the policies of the baseline in the order of their ids, each
// with the libraries it may import. They belong to the caller. An error means
// that this build is broken: a file that cannot be read, or two with one id.
func Policies() ([]*policy.Policy, error) {
	return load(files)
}

func load(fsys fs.FS) ([]*policy.Policy, error) {
	libs, err := modules(fsys, "lib/*.rego")
	if err != nil {
		return nil, err
	}
	sources, err := modules(fsys, "policies/*/*.rego")
	if err != nil {
		return nil, err
	}
	var all []*policy.Policy
	seen := map[string]string{}
	for _, m := range sources {
		p, err := policy.Parse(m.Name, m.Source, libs...)
		if err != nil {
			return nil, fmt.Errorf("loading the baseline: %w", err)
		}
		if want := strings.TrimSuffix(path.Base(m.Name), ".rego"); p.ID != want {
			return nil, fmt.Errorf("loading the baseline: %s has the id %q; the file must be called %s.rego", m.Name, p.ID, p.ID)
		}
		if other, ok := seen[p.ID]; ok {
			return nil, fmt.Errorf("loading the baseline: %s and %s have one id, %q", other, m.Name, p.ID)
		}
		seen[p.ID] = m.Name
		all = append(all, p)
	}
	slices.SortFunc(all, func(a, b *policy.Policy) int { return strings.Compare(a.ID, b.ID) })
	return all, nil
}

// modules reads the files of a pattern, tests aside.
func modules(fsys fs.FS, pattern string) ([]policy.Module, error) {
	names, err := fs.Glob(fsys, pattern)
	if err != nil {
		return nil, fmt.Errorf("loading the baseline: %w", err)
	}
	var found []policy.Module
	for _, name := range names {
		if strings.HasSuffix(name, "_test.rego") {
			continue
		}
		source, err := fs.ReadFile(fsys, name)
		if err != nil {
			return nil, fmt.Errorf("loading the baseline: %w", err)
		}
		found = append(found, policy.Module{Name: name, Source: string(source)})
	}
	return found, nil
}
