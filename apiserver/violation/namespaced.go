package violation

import (
	"context"

	"k8s.io/apimachinery/pkg/apis/meta/internalversion"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apiserver/pkg/endpoints/request"

	policy "tollgate.dev/tollgate/apis/policy/v1alpha1"
	"tollgate.dev/tollgate/apiserver/page"
	"tollgate.dev/tollgate/apiserver/resource"
	"tollgate.dev/tollgate/apiserver/selector"
)

// NamespacedFields are the keys that field selectors of policy violations may hold.
func NamespacedFields() []string {
	return []string{selector.Name, selector.Namespace, fieldPolicy, fieldAction, fieldSeverity, fieldKind, fieldObject}
}

// Namespaced answers get and list of policyviolations.
type Namespaced struct{ lister }

var _ resource.Storage = (*Namespaced)(nil)

// NewNamespaced returns the storage of policyviolations.
func NewNamespaced(auditor Auditor, tokens *page.Issuer, observer Observer) *Namespaced {
	return &Namespaced{lister{auditor: auditor, tokens: tokens, observer: observer, Names: resource.Names{
		Resource: schema.GroupResource{Group: policy.GroupName, Resource: "policyviolations"},
		Singular: "policyviolation", Short: []string{"pviol"}, Category: "policy", Namespaced: true,
	}}}
}

// New returns an empty object.
func (s *Namespaced) New() runtime.Object { return &policy.PolicyViolation{} }

// NewList returns an empty list.
func (s *Namespaced) NewList() runtime.Object { return &policy.PolicyViolationList{} }

// List judges the objects of the request's namespace, or of all.
func (s *Namespaced) List(ctx context.Context, opts *internalversion.ListOptions) (runtime.Object, error) {
	rows, meta, err := s.list(ctx, request.NamespaceValue(ctx), NamespacedFields(), opts)
	if err != nil {
		return nil, err
	}
	list := &policy.PolicyViolationList{ListMeta: meta, Items: make([]policy.PolicyViolation, 0, len(rows))}
	for _, r := range rows {
		list.Items = append(list.Items, policy.PolicyViolation{ObjectMeta: r.meta, Spec: r.spec})
	}
	return list, nil
}

// Get judges the objects of the request's namespace and returns one violation.
func (s *Namespaced) Get(ctx context.Context, name string, _ *metav1.GetOptions) (runtime.Object, error) {
	r, err := s.get(ctx, request.NamespaceValue(ctx), name)
	if err != nil {
		return nil, err
	}
	return &policy.PolicyViolation{ObjectMeta: r.meta, Spec: r.spec}, nil
}
