package apiserver

import (
	"fmt"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"

	"tollgate.dev/tollgate/apiserver/selector"
)

// NewScheme returns the scheme of the virtual resources. There is no internal
// version and no defaulting: what a storage returns is what is encoded.
//
// A field selector may hold the keys that its resource gives; any other key is
// answered with a 400 that lists them.
func NewScheme(groups []Group) (*runtime.Scheme, error) {
	scheme := runtime.NewScheme()
	// The options of API calls live in the group "", version v1.
	metav1.AddToGroupVersion(scheme, schema.GroupVersion{Version: "v1"})
	for _, g := range groups {
		if err := g.AddToScheme(scheme); err != nil {
			return nil, fmt.Errorf("adding the types of %s to the scheme: %w", g.Version, err)
		}
		if err := scheme.SetVersionPriority(g.Version); err != nil {
			return nil, fmt.Errorf("setting the version priority of %s: %w", g.Version, err)
		}
		for _, r := range g.Resources {
			if err := scheme.AddFieldLabelConversionFunc(g.Version.WithKind(r.Kind), selector.FieldLabels(r.FieldSelectors...)); err != nil {
				return nil, fmt.Errorf("registering the field selectors of %s: %w", r.Kind, err)
			}
		}
	}
	return scheme, nil
}
