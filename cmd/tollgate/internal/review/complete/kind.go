package complete

import (
	"context"
	"fmt"
	"maps"
	"strings"

	"k8s.io/apimachinery/pkg/api/equality"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/util/validation/field"
)

// Kind is one version of a kind of objects, and how the API server treats it.
type Kind struct {
	// GVK is the group, version and kind.
	GVK schema.GroupVersionKind
	// Resource is the plural under which the API server serves it.
	Resource schema.GroupVersionResource
	// Namespaced is whether its objects live in a namespace.
	Namespaced bool

	treat treatment
}

// Known is false for a kind without a definition: its objects are taken as they
// are written.
func (k *Kind) Known() bool {
	_, unknown := k.treat.(asItIs)
	return !unknown
}

// treatment is what an API server does with objects of one kind, in place.
type treatment interface {
	decode(u *unstructured.Unstructured) (warnings []string, err error)
	fill(u *unstructured.Unstructured)
	create(ctx context.Context, u *unstructured.Unstructured) field.ErrorList
	update(ctx context.Context, u, old *unstructured.Unstructured) field.ErrorList
}

// Decode does to the object what reading a request does: unknown fields are
// dropped, each with a warning, and defaults filled in. An error means that the
// API server cannot read the object (400).
func (k *Kind) Decode(u *unstructured.Unstructured) (warnings []string, err error) {
	return k.treat.decode(u)
}

// Default fills in defaults anew, as after a patch by a webhook.
func (k *Kind) Default(u *unstructured.Unstructured) { k.treat.fill(u) }

// Wipe removes from the metadata what a client cannot set when it creates an
// object.
func Wipe(u *unstructured.Unstructured) {
	u.SetCreationTimestamp(metav1.Time{})
	for _, name := range []string{"creationTimestamp", "uid", "deletionTimestamp", "deletionGracePeriodSeconds", "selfLink", "managedFields", "resourceVersion"} {
		unstructured.RemoveNestedField(u.Object, "metadata", name)
	}
}

// Create prepares and validates a new object as the API server does between
// mutating and validating admission. An error is an *Invalid (422).
func (k *Kind) Create(ctx context.Context, u *unstructured.Unstructured) error {
	return invalid(k.treat.create(ctx, u))
}

// Update prepares and validates the replacement of old. An error is an
// *Invalid.
func (k *Kind) Update(ctx context.Context, u, old *unstructured.Unstructured) error {
	return invalid(k.treat.update(ctx, u, old))
}

// Invalid is an object that the API server would refuse before any policy for
// admission is asked.
type Invalid struct {
	Errors field.ErrorList
}

func (e *Invalid) Error() string {
	var parts []string
	for _, err := range e.Errors {
		parts = append(parts, err.Error())
	}
	return strings.Join(parts, "; ")
}

func invalid(errs field.ErrorList) error {
	if len(errs) == 0 {
		return nil
	}
	return &Invalid{errs}
}

// guess returns the usual plural of a kind.
func guess(gvk schema.GroupVersionKind) schema.GroupVersionResource {
	plural, _ := meta.UnsafeGuessKindToResource(gvk)
	return plural
}

// asItIs is the treatment of kinds without a definition.
type asItIs struct{}

func (asItIs) decode(u *unstructured.Unstructured) ([]string, error) {
	return nil, readableMetadata(u)
}
func (asItIs) fill(*unstructured.Unstructured) {}

// create treats the object as a custom resource, which it is in a cluster.
func (asItIs) create(_ context.Context, u *unstructured.Unstructured) field.ErrorList {
	u.SetGeneration(1)
	return nil
}

func (asItIs) update(_ context.Context, u, old *unstructured.Unstructured) field.ErrorList {
	carryOver(u, old)
	count(u, old)
	return nil
}

// count gives a changed object the next generation.
func count(u, old *unstructured.Unstructured) {
	a, b := maps.Clone(u.Object), maps.Clone(old.Object)
	for _, part := range []string{"metadata", "status"} {
		delete(a, part)
		delete(b, part)
	}
	if !equality.Semantic.DeepEqual(a, b) {
		u.SetGeneration(old.GetGeneration() + 1)
	}
}

// Stored gives an object of a file, which stands for one of a cluster, what
// every stored object has.
func (k *Kind) Stored(u *unstructured.Unstructured) {
	if b, ok := k.treat.(*builtin); ok && !b.counts() {
		return
	}
	if u.GetGeneration() == 0 {
		u.SetGeneration(1)
	}
}

// carryOver keeps what an update cannot change.
func carryOver(u, old *unstructured.Unstructured) {
	for _, name := range []string{"generation", "creationTimestamp", "deletionTimestamp", "deletionGracePeriodSeconds", "uid", "resourceVersion"} {
		if v, ok, err := unstructured.NestedFieldNoCopy(old.Object, "metadata", name); ok && err == nil {
			if err := unstructured.SetNestedField(u.Object, v, "metadata", name); err != nil {
				continue // metadata was read before: it is a mapping
			}
			continue
		}
		unstructured.RemoveNestedField(u.Object, "metadata", name)
	}
}

func readableMetadata(u *unstructured.Unstructured) error {
	for _, name := range []string{"name", "namespace", "generateName"} {
		if v, ok, _ := unstructured.NestedFieldNoCopy(u.Object, "metadata", name); ok {
			if _, isString := v.(string); !isString {
				return fmt.Errorf("metadata.%s: expected string, got %v", name, v)
			}
		}
	}
	for _, name := range []string{"labels", "annotations"} {
		if _, _, err := unstructured.NestedStringMap(u.Object, "metadata", name); err != nil {
			return fmt.Errorf("metadata.%s: expected a map of strings", name)
		}
	}
	return nil
}

// Carry gives the object what the API server keeps of old in an update,
// whatever the client sends: kubectl apply sends it along.
func (k *Kind) Carry(u, old *unstructured.Unstructured) {
	carryOver(u, old)
	if status, ok := old.Object["status"]; ok && k.keepsStatus() {
		u.Object["status"] = runtime.DeepCopyJSONValue(status)
	}
}

func (k *Kind) keepsStatus() bool {
	switch t := k.treat.(type) {
	case *definition:
		return t.status
	case *builtin:
		return t.isIngress()
	}
	return false
}
