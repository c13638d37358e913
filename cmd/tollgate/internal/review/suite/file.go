package suite

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	admissionv1 "k8s.io/api/admission/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"sigs.k8s.io/yaml"

	"tollgate.dev/tollgate/cmd/tollgate/internal/review/judge"
	"tollgate.dev/tollgate/cmd/tollgate/internal/review/manifest"
)

// The type of suite files.
const (
	APIVersion = "review.tollgate.dev/v1alpha1"
	Kind       = "Suite"
)

// Expect is what must become of a case.
type Expect string

// What may be expected.
const (
	// Deny: a policy refuses the object.
	Deny Expect = "Deny"
	// Warn: it is admitted, with a warning.
	Warn Expect = "Warn"
	// Allow: nothing is held against it, or the webhook is not asked.
	Allow Expect = "Allow"
	// NotAsked: a cluster does not ask the webhook about it.
	NotAsked Expect = "NotAsked"
	// Invalid: the API server itself refuses it.
	Invalid Expect = "Invalid"
)

// Expectation is what suite.yaml says of a case.
type Expectation struct {
	As        *judge.User           `json:"as,omitempty"`
	Operation admissionv1.Operation `json:"operation,omitempty"`
	// Old is the file with the object that is replaced or deleted.
	Old    string `json:"old,omitempty"`
	Expect Expect `json:"expect,omitempty"`
	// Policies are the ids of exactly those policies that deny, or warn when a
	// warning is expected; any when empty.
	Policies []string `json:"policies,omitempty"`
}

// file is suite.yaml.
type file struct {
	APIVersion string                 `json:"apiVersion"`
	Kind       string                 `json:"kind"`
	Settings   string                 `json:"settings,omitempty"`
	Webhooks   []string               `json:"webhooks,omitempty"`
	Inventory  []string               `json:"inventory,omitempty"`
	Defaults   Expectation            `json:"defaults,omitempty"`
	Cases      map[string]Expectation `json:"cases,omitempty"`
}

// Suite is a folder of cases.
type Suite struct {
	// Dir of the suite.
	Dir string
	// Settings is the path of the settings file, "" for the defaults.
	Settings string
	// Webhooks are the webhook's configurations, for those that Tollgate comes
	// with.
	Webhooks []manifest.Document
	// Existing are the objects that exist.
	Existing []manifest.Document
	// Cases, sorted by name.
	Cases []Case
}

// Case is one manifest and what must become of it.
type Case struct {
	// Name is its path below the suite's folder.
	Name string
	// Document is its one object.
	Document manifest.Document
	Old      *unstructured.Unstructured
	// The rest is as suite.yaml says, with its defaults.
	User      judge.User
	Operation admissionv1.Operation
	Expect    Expect
	Policies  []string
}

// Load reads a suite. It refuses one with anything that would go unseen: a case
// that suite.yaml names and is not there, a manifest with two objects, a field
// that is not known.
func Load(dir string) (*Suite, error) {
	path := filepath.Join(dir, "suite.yaml")
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("reading the suite: %w", err)
	}
	var f file
	if err := yaml.UnmarshalStrict(data, &f); err != nil {
		return nil, fmt.Errorf("reading %s: %w", path, err)
	}
	if f.APIVersion != APIVersion || f.Kind != Kind {
		return nil, fmt.Errorf("%s is %s %s, not a %s of %s", path, f.APIVersion, f.Kind, Kind, APIVersion)
	}
	s := &Suite{Dir: dir}
	if f.Settings != "" {
		s.Settings = filepath.Join(dir, f.Settings)
	}
	read := func(names []string) ([]manifest.Document, []error) {
		var paths []string
		for _, name := range names {
			paths = append(paths, filepath.Join(dir, name))
		}
		docs, problems := manifest.Read(paths, strings.NewReader(""))
		return docs, wrap(problems)
	}
	var errs, more []error
	s.Existing, errs = read(f.Inventory)
	s.Webhooks, more = read(f.Webhooks)
	errs = append(errs, more...)
	names, err := caseFiles(dir, f)
	if err != nil {
		return nil, fmt.Errorf("looking for cases: %w", err)
	}
	for _, name := range names {
		c, err := f.load(dir, name)
		if err != nil {
			errs = append(errs, err)
			continue
		}
		s.Cases = append(s.Cases, *c)
	}
	for name := range f.Cases {
		if !slices.Contains(names, name) {
			errs = append(errs, fmt.Errorf("%s names the case %s: there is no such file", path, name))
		}
	}
	return s, errors.Join(errs...)
}

func wrap(problems []manifest.Problem) (errs []error) {
	for _, p := range problems {
		errs = append(errs, p)
	}
	return errs
}

// caseFiles are all manifests below the folder, but for the suite's own files.
func caseFiles(dir string, f file) ([]string, error) {
	skip := map[string]bool{"old": true}
	for _, name := range slices.Concat(f.Inventory, f.Webhooks) {
		skip[filepath.Clean(name)] = true
	}
	var names []string
	err := filepath.WalkDir(dir, func(path string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		name, err := filepath.Rel(dir, path)
		if err != nil {
			return err
		}
		switch {
		case entry.IsDir() && skip[name]:
			return fs.SkipDir
		case entry.IsDir() || filepath.Ext(name) != ".yaml", skip[name], name == "suite.yaml", name == filepath.Clean(f.Settings):
			return nil
		}
		names = append(names, filepath.ToSlash(name))
		return nil
	})
	slices.Sort(names)
	return names, err
}

// load reads one case.
func (f *file) load(dir, name string) (*Case, error) {
	e, d := f.Cases[name], f.Defaults
	c := &Case{Name: name, Operation: e.Operation, Expect: e.Expect, Policies: e.Policies}
	if c.Operation == "" {
		c.Operation = d.Operation
	}
	if c.Operation == "" {
		c.Operation = admissionv1.Create
	}
	if c.Expect == "" {
		c.Expect = d.Expect
	}
	if !slices.Contains([]Expect{Deny, Warn, Allow, NotAsked, Invalid}, c.Expect) {
		return nil, fmt.Errorf("%s: expect is %q: it is Deny, Warn, Allow, NotAsked or Invalid", name, c.Expect)
	}
	if len(c.Policies) == 0 {
		c.Policies = d.Policies
	}
	switch {
	case e.As != nil:
		c.User = *e.As
	case d.As != nil:
		c.User = *d.As
	}
	doc, err := one(filepath.Join(dir, name))
	if err != nil {
		return nil, err
	}
	c.Document = *doc
	old := e.Old
	if old == "" {
		old = d.Old
	}
	if old != "" {
		doc, err := one(filepath.Join(dir, old))
		if err != nil {
			return nil, fmt.Errorf("%s: reading what it replaces: %w", name, err)
		}
		c.Old = doc.Object
	}
	return c, nil
}

// one reads a manifest of one object.
func one(path string) (*manifest.Document, error) {
	docs, problems := manifest.Read([]string{path}, strings.NewReader(""))
	if len(problems) > 0 {
		return nil, errors.Join(wrap(problems)...)
	}
	if len(docs) != 1 {
		return nil, fmt.Errorf("%s has %d objects; a case is one", path, len(docs))
	}
	return &docs[0], nil
}
