package resource

import (
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apiserver/pkg/registry/rest"
)

// Storage is what the generic server needs of a resource that is computed when
// it is read: get and list, as objects and as tables.
type Storage interface {
	rest.Storage
	rest.Scoper
	rest.Getter
	rest.Lister
	rest.TableConvertor
	rest.SingularNameProvider
	rest.ShortNamesProvider
	rest.CategoriesProvider
}

// Names says how a resource is called. A storage embeds it, and with it the
// methods that say nothing else.
type Names struct {
	Resource schema.GroupResource // its group and the plural
	Singular string
	Short    []string
	// Category stands for several resources, as all does: kubectl get metering.
	Category   string
	Namespaced bool
}

// Destroy has nothing to do: what a storage reads from is its maker's.
func (Names) Destroy() {}

// NamespaceScoped tells whether the objects have namespaces.
func (n Names) NamespaceScoped() bool { return n.Namespaced }

// GetSingularName returns the name of one object's kind in lower case.
func (n Names) GetSingularName() string { return n.Singular }

// ShortNames returns what may be typed instead of the plural.
func (n Names) ShortNames() []string { return n.Short }

// Categories returns the word that stands for several resources.
func (n Names) Categories() []string { return []string{n.Category} }

// NotFound is the 404 of a name.
func (n Names) NotFound(name string) error { return apierrors.NewNotFound(n.Resource, name) }
