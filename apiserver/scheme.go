package apiserver

import (
	"fmt"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"

	metering "tollgate.dev/tollgate/apis/metering/v1alpha1"
	"tollgate.dev/tollgate/apiserver/selector"
)

// NewScheme returns the scheme of the virtual resources. There is no internal
// version and no defaulting: what a storage returns is what is encoded.
//
// fieldSelectors gives, by kind, the keys that field selectors of that kind may
// hold; any other key is answered with a 400 that lists them.
func NewScheme(fieldSelectors map[string][]string) (*runtime.Scheme, error) {
	scheme := runtime.NewScheme()
	if err := metering.AddToScheme(scheme); err != nil {
		return nil, fmt.Errorf("adding the metering types to the scheme: %w", err)
	}
	// The options of API calls live in the group "", version v1.
	metav1.AddToGroupVersion(scheme, schema.GroupVersion{Version: "v1"})
	if err := scheme.SetVersionPriority(metering.GroupVersion()); err != nil {
		return nil, fmt.Errorf("setting the version priority: %w", err)
	}
	for kind, keys := range fieldSelectors {
		gvk := metering.GroupVersion().WithKind(kind)
		if err := scheme.AddFieldLabelConversionFunc(gvk, selector.FieldLabels(keys...)); err != nil {
			return nil, fmt.Errorf("registering the field selectors of %s: %w", kind, err)
		}
	}
	return scheme, nil
}
