package status

import (
	"context"
	"fmt"

	"k8s.io/apimachinery/pkg/api/equality"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"tollgate.dev/tollgate/apis/tollgate/v1alpha1"
)

// FieldManager owns the fields that are written.
const FieldManager = "tollgate-controller"

// update is an object and the status that it should have.
type update struct {
	kind   string
	object client.Object
	// status is a pointer to one of the types of package v1alpha1; rest is the
	// same without conditions, for comparing.
	status, rest any
	conditions   []metav1.Condition
	// holds: the object has the status already.
	holds bool
}

func organizationUpdate(o *v1alpha1.Organization, s v1alpha1.OrganizationStatus) update {
	rest := func(s v1alpha1.OrganizationStatus) any { s.Conditions = nil; return s }
	return newUpdate("Organization", o, &s, s.Conditions, rest(s), o.Status.Conditions, rest(o.Status))
}

func projectUpdate(p *v1alpha1.Project, s v1alpha1.ProjectStatus) update {
	rest := func(s v1alpha1.ProjectStatus) any { s.Conditions = nil; return s }
	return newUpdate("Project", p, &s, s.Conditions, rest(s), p.Status.Conditions, rest(p.Status))
}

func priceTableUpdate(t *v1alpha1.PriceTable, s v1alpha1.PriceTableStatus) update {
	rest := func(s v1alpha1.PriceTableStatus) any { s.Conditions = nil; return s }
	return newUpdate("PriceTable", t, &s, s.Conditions, rest(s), t.Status.Conditions, rest(t.Status))
}

func newUpdate(kind string, object client.Object, status any, conditions []metav1.Condition, rest any, has []metav1.Condition, hasRest any) update {
	return update{
		kind: kind, object: object, status: status, rest: rest, conditions: conditions,
		holds: hold(has, conditions) && equality.Semantic.DeepEqual(hasRest, rest),
	}
}

// same tells whether two updates of an object say the same, whatever the times
// of their conditions.
func (u update) same(other update) bool {
	return hold(u.conditions, other.conditions) && equality.Semantic.DeepEqual(u.rest, other.rest)
}

// apply writes a status. Naming the UID makes it fail when the object was
// recreated meanwhile.
func (u update) apply(ctx context.Context, c client.StatusClient) error {
	status, err := runtime.DefaultUnstructuredConverter.ToUnstructured(u.status)
	if err != nil {
		return fmt.Errorf("encoding the status of %s %s: %w", u.kind, name(u.object), err)
	}
	object := &unstructured.Unstructured{Object: map[string]any{"status": status}}
	object.SetGroupVersionKind(v1alpha1.GroupVersion().WithKind(u.kind))
	object.SetNamespace(u.object.GetNamespace())
	object.SetName(u.object.GetName())
	object.SetUID(u.object.GetUID())
	err = c.Status().Apply(ctx, client.ApplyConfigurationFromUnstructured(object), client.FieldOwner(FieldManager), client.ForceOwnership)
	if err != nil {
		return fmt.Errorf("writing the status of %s %s: %w", u.kind, name(u.object), err)
	}
	return nil
}

func name(o client.Object) string {
	if o.GetNamespace() == "" {
		return o.GetName()
	}
	return types.NamespacedName{Namespace: o.GetNamespace(), Name: o.GetName()}.String()
}
