package violation

import (
	"context"
	"fmt"
	"time"

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
type Cluster struct {
	lister
	tokens   *page.Issuer
	observer Observer
}

var _ resource.Storage = (*Cluster)(nil)

// NewCluster returns the storage of clusterpolicyviolations.
func NewCluster(auditor Auditor, tokens *page.Issuer, observer Observer) *Cluster {
	return &Cluster{tokens: tokens, observer: observer, lister: lister{auditor: auditor, Names: resource.Names{
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
	start := time.Now()
	q, err := s.parse(s.tokens, "", ClusterFields(), opts)
	if err != nil {
		return nil, err
	}
	audit, err := s.begin()
	if err != nil {
		return nil, err
	}
	rows, meta, err := s.page(ctx, audit, []string{""}, q, limitOf(opts))
	if err != nil {
		return nil, err
	}
	list := &policy.ClusterPolicyViolationList{ListMeta: meta, Items: make([]policy.ClusterPolicyViolation, 0, len(rows))}
	for _, r := range rows {
		list.Items = append(list.Items, policy.ClusterPolicyViolation{ObjectMeta: r.meta, Spec: r.spec})
	}
	s.observer.Answered(s.Resource.Resource, len(rows), time.Since(start))
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

// ConvertToTable returns the rows of a list or of one violation as a table.
func (s *Cluster) ConvertToTable(_ context.Context, object, options runtime.Object) (*metav1.Table, error) {
	t := newTable(options)
	switch o := object.(type) {
	case *policy.ClusterPolicyViolation:
		t.add(o, &o.ObjectMeta, &o.Spec)
	case *policy.ClusterPolicyViolationList:
		t.ListMeta = o.ListMeta
		for i := range o.Items {
			v := &o.Items[i]
			t.add(v, &v.ObjectMeta, &v.Spec)
		}
	default:
		return nil, fmt.Errorf("making a table of cluster policy violations: got %T", object)
	}
	return &t.Table, nil
}
