package complete

import (
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"path"
	"slices"

	apiextensionsv1 "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/client-go/kubernetes/scheme"
	"sigs.k8s.io/yaml"

	"tollgate.dev/tollgate/manifests/crds"
	"tollgate.dev/tollgate/manifests/gatewayapi"
	higresscrds "tollgate.dev/tollgate/manifests/higress-crds"
)

// Catalog knows kinds of objects: those of Kubernetes itself, and those of the
// CustomResourceDefinitions it was given. It is not safe for concurrent use.
type Catalog struct {
	kinds map[schema.GroupVersionKind]*Kind
}

// NewCatalog returns a catalog of the built-in kinds, of Tollgate's and
// Higress's, and of the Gateway API's.
func NewCatalog() (*Catalog, error) {
	c := &Catalog{kinds: map[schema.GroupVersionKind]*Kind{}}
	for _, files := range []fs.FS{crds.Files(), higresscrds.Files(), gatewayapi.Files()} {
		names, err := fs.Glob(files, "*.yaml")
		if err != nil {
			return nil, err
		}
		for _, name := range names {
			if path.Base(name) == "kustomization.yaml" {
				continue
			}
			data, err := fs.ReadFile(files, name)
			if err != nil {
				return nil, fmt.Errorf("reading %s: %w", name, err)
			}
			if err := c.AddFile(data); err != nil {
				return nil, fmt.Errorf("reading the definition %s: %w", name, err)
			}
		}
	}
	return c, nil
}

// AddFile adds the one CustomResourceDefinition of a YAML or JSON document.
func (c *Catalog) AddFile(data []byte) error {
	crd := &apiextensionsv1.CustomResourceDefinition{}
	if err := yaml.Unmarshal(data, crd); err != nil {
		return err
	}
	return c.Add(crd)
}

// Add adds the served versions of a definition, and replaces what was known of
// its kind.
func (c *Catalog) Add(crd *apiextensionsv1.CustomResourceDefinition) error {
	if crd.APIVersion != "" && (crd.APIVersion != apiextensionsv1.SchemeGroupVersion.String() || crd.Kind != "CustomResourceDefinition") {
		return fmt.Errorf("%s %s is not a CustomResourceDefinition of %s", crd.APIVersion, crd.Kind, apiextensionsv1.SchemeGroupVersion)
	}
	definitions, err := newDefinitions(crd)
	if err != nil {
		return fmt.Errorf("CustomResourceDefinition %s: %w", crd.Name, err)
	}
	group, kind := crd.Spec.Group, crd.Spec.Names.Kind
	for gvk := range c.kinds {
		if gvk.Group == group && gvk.Kind == kind {
			delete(c.kinds, gvk)
		}
	}
	for version, d := range definitions {
		gv := schema.GroupVersion{Group: group, Version: version}
		c.kinds[gv.WithKind(kind)] = &Kind{
			GVK:        gv.WithKind(kind),
			Resource:   gv.WithResource(crd.Spec.Names.Plural),
			Namespaced: crd.Spec.Scope == apiextensionsv1.NamespaceScoped,
			treat:      d,
		}
	}
	return nil
}

// Versions are those in which a kind is served, sorted.
func (c *Catalog) Versions(gk schema.GroupKind) []string {
	versions := map[string]bool{}
	for gvk := range c.kinds {
		if gvk.GroupKind() == gk {
			versions[gvk.Version] = true
		}
	}
	for _, gv := range scheme.Scheme.VersionsForGroupKind(gk) {
		if k, err := c.Kind(gv.WithKind(gk.Kind)); err == nil {
			versions[k.GVK.Version] = true
		}
	}
	return slices.Sorted(maps.Keys(versions))
}

// ErrNotServed says that a kind is known in other versions only.
var ErrNotServed = errors.New("not served")

// Kind returns what is known of a kind. A kind that nothing is known of is
// taken as it is, as a namespaced one; Known is then false. A version that no
// API server of today serves is an error that wraps ErrNotServed.
func (c *Catalog) Kind(gvk schema.GroupVersionKind) (*Kind, error) {
	if k, ok := c.kinds[gvk]; ok {
		return k, nil
	}
	k := &Kind{GVK: gvk, Resource: guess(gvk), Namespaced: !clusterScoped(gvk.GroupKind()), treat: asItIs{}}
	switch {
	case scheme.Scheme.Recognizes(gvk):
		t, err := newBuiltin(gvk)
		if err != nil {
			return nil, err
		}
		k.treat = t
	case scheme.Scheme.IsGroupRegistered(gvk.Group):
		return nil, fmt.Errorf("%s is %w in %s: no API server of today knows it", gvk.Kind, ErrNotServed, gvk.GroupVersion())
	default:
		for other := range c.kinds {
			if other.GroupKind() == gvk.GroupKind() && c.kinds[other].Known() {
				return nil, fmt.Errorf("%s is %w in %s: use %s", gvk.Kind, ErrNotServed, gvk.GroupVersion(), other.GroupVersion())
			}
		}
	}
	c.kinds[gvk] = k
	return k, nil
}
