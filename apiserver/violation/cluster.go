package violation

import (
	"context"

	"k8s.io/apimachinery/pkg/apis/meta/internalversion"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"

	policy "tollgate.dev/tollgate/apis/policy/v1alpha1"
	"tollgate.dev/tollgate/apiserver/page"
	"tollgate.dev/tollgate/apiserver/resource"
	"tollgate.dev/tollgate/apiserver/selector"
)

// ClusterFields are the keys that field selectors of cluster policy violations may hold.
func ClusterFields() []string {
	return []string{selector.Name, fieldPolicy, fieldAction, fieldSeverity, fieldKind, fieldObject}
}

// Cluster answers get and list of clusterpolicyviolations.
type Cluster struct{ lister }

var _ resource.Storage = (*Cluster)(nil)

// NewCluster returns the storage of clusterpolicyviolations.
func NewCluster(auditor Auditor, tokens *page.Issuer, observer Observer) *Cluster {
	return &Cluster{lister{auditor: auditor, tokens: tokens, observer: observer, Names: resource.Names{
		Resource: schema.GroupResource{Group: policy.GroupName, Resource: "clusterpolicyviolations"},
		Singular: "clusterpolicyviolation", Short: []string{"cpviol"}, Category: "policy",
	}}}
}

// New returns an empty object.
func (s *Cluster) New() runtime.Object { return &policy.ClusterPolicyViolation{} }

// NewList returns an empty list.
func (s *Cluster) NewList() runtime.Object { return &policy.ClusterPolicyViolationList{} }

// List judges the cluster-scoped objects.
func (s *Cluster) List(ctx context.Context, opts *internalversion.ListOptions) (runtime.Object, error) {
	rows, meta, err := s.list(ctx, "", ClusterFields(), opts)
	if err != nil {
		return nil, err
	}
	list := &policy.ClusterPolicyViolationList{ListMeta: meta, Items: make([]policy.ClusterPolicyViolation, 0, len(rows))}
	for _, r := range rows {
		list.Items = append(list.Items, policy.ClusterPolicyViolation{ObjectMeta: r.meta, Spec: r.spec})
	}
	return list, nil
}

// Get judges the cluster-scoped objects and returns one violation.
func (s *Cluster) Get(ctx context.Context, name string, _ *metav1.GetOptions) (runtime.Object, error) {
	r, err := s.get(ctx, "", name)
	if err != nil {
		return nil, err
	}
	return &policy.ClusterPolicyViolation{ObjectMeta: r.meta, Spec: r.spec}, nil
}
