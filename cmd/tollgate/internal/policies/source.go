package policies

import (
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/spf13/pflag"

	"tollgate.dev/tollgate/apis/tollgate/v1alpha1"
	"tollgate.dev/tollgate/cmd/tollgate/internal/review/complete"
	"tollgate.dev/tollgate/cmd/tollgate/internal/review/manifest"
	"tollgate.dev/tollgate/cmd/tollgate/internal/review/session"
	"tollgate.dev/tollgate/rego/baseline"
	"tollgate.dev/tollgate/rego/policy"
)

// source is where policies come from: Tollgate itself, as the settings change
// it, and files.
type source struct{ settings string }

func (s *source) addFlags(fs *pflag.FlagSet) {
	fs.StringVar(&s.settings, "settings", "", "Settings file of the webhook, which changes Tollgate's own policies.")
}

// found is one policy and where it comes from.
type found struct {
	*policy.Policy
	from string
}

// load returns all policies, sorted by id.
func (s *source) load(paths []string, stdin io.Reader) ([]found, error) {
	conf, err := session.LoadSettings(s.settings)
	if err != nil {
		return nil, err
	}
	own, err := baseline.Configured(conf)
	if err != nil {
		return nil, err
	}
	var all []found
	for _, p := range own {
		all = append(all, found{p, "Tollgate"})
	}
	docs, err := read(paths, stdin)
	if err != nil {
		return nil, err
	}
	catalog, err := complete.NewCatalog()
	if err != nil {
		return nil, err
	}
	for i := range docs {
		p, err := session.ReadPolicy(catalog, docs[i].Object)
		if err != nil {
			return nil, describe(&docs[i], err)
		}
		all = append(all, found{p, fmt.Sprintf("%s:%d", docs[i].File, docs[i].Line)})
	}
	slices.SortStableFunc(all, func(a, b found) int { return strings.Compare(a.ID, b.ID) })
	return all, nil
}

// read returns the AdmissionPolicies of files; anything else is an error.
func read(paths []string, stdin io.Reader) ([]manifest.Document, error) {
	docs, problems := manifest.Read(paths, stdin)
	var errs []error
	for _, p := range problems {
		errs = append(errs, p)
	}
	for i := range docs {
		if gvk := docs[i].Object.GroupVersionKind(); gvk != v1alpha1.GroupVersion().WithKind("AdmissionPolicy") {
			errs = append(errs, describe(&docs[i], fmt.Errorf("it is %s %s, no AdmissionPolicy", gvk.GroupVersion(), gvk.Kind)))
		}
	}
	return docs, errors.Join(errs...)
}

func describe(d *manifest.Document, err error) error {
	return manifest.Problem{File: d.File, Line: d.Line, Err: fmt.Errorf("%s: %w", d.Object.GetName(), err)}
}
