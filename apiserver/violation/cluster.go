package violation

import (
	"context"
	"fmt"
	"time"

	"k8s.io/apimachinery/pkg/apis/meta/internalversion"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apiserver/pkg/registry/rest"

	policy "tollgate.dev/tollgate/apis/policy/v1alpha1"
	"tollgate.dev/tollgate/apiserver/page"
	"tollgate.dev/tollgate/apiserver/selector"
)

// ClusterFields are the keys that field selectors of cluster policy violations may hold.
func ClusterFields() []string {
	return []string{selector.Name, fieldPolicy, fieldAction, fieldSeverity, fieldKind, fieldObject}
}

// Cluster answers get and list of clusterpolicyviolations.
type Cluster struct {
	lister   lister
	tokens   *page.Issuer
	observer Observer
}

var (
	_ rest.Storage              = (*Cluster)(nil)
	_ rest.Scoper               = (*Cluster)(nil)
	_ rest.Getter               = (*Cluster)(nil)
	_ rest.Lister               = (*Cluster)(nil)
	_ rest.TableConvertor       = (*Cluster)(nil)
	_ rest.SingularNameProvider = (*Cluster)(nil)
	_ rest.ShortNamesProvider   = (*Cluster)(nil)
	_ rest.CategoriesProvider   = (*Cluster)(nil)
)

// NewCluster returns the storage of clusterpolicyviolations.
func NewCluster(auditor Auditor, tokens *page.Issuer, observer Observer) *Cluster {
	return &Cluster{lister: lister{auditor: auditor, resource: "clusterpolicyviolations"}, tokens: tokens, observer: observer}
}

// New returns an empty object.
func (s *Cluster) New() runtime.Object { return &policy.ClusterPolicyViolation{} }

// NewList returns an empty list.
func (s *Cluster) NewList() runtime.Object { return &policy.ClusterPolicyViolationList{} }

// Destroy has nothing to do: what the storage reads from is its maker's.
func (s *Cluster) Destroy() {}

// NamespaceScoped is false.
func (s *Cluster) NamespaceScoped() bool { return false }

// GetSingularName returns "clusterpolicyviolation".
func (s *Cluster) GetSingularName() string { return "clusterpolicyviolation" }

// ShortNames returns what may be typed instead of clusterpolicyviolations.
func (s *Cluster) ShortNames() []string { return []string{"cpviol"} }

// Categories returns the word that stands for every kind of violation.
func (s *Cluster) Categories() []string { return []string{"policy"} }

// List judges the cluster-scoped objects.
func (s *Cluster) List(ctx context.Context, opts *internalversion.ListOptions) (runtime.Object, error) {
	start := time.Now()
	q, err := parseQuery(s.tokens, s.lister.resource, "", ClusterFields(), opts)
	if err != nil {
		return nil, err
	}
	audit, err := s.lister.begin()
	if err != nil {
		return nil, err
	}
	rows, meta, err := s.lister.page(ctx, audit, []string{""}, q, limitOf(opts))
	if err != nil {
		return nil, err
	}
	list := &policy.ClusterPolicyViolationList{ListMeta: meta, Items: make([]policy.ClusterPolicyViolation, 0, len(rows))}
	for _, r := range rows {
		list.Items = append(list.Items, policy.ClusterPolicyViolation{ObjectMeta: r.meta, Spec: r.spec})
	}
	s.observer.Answered(s.lister.resource, len(rows), time.Since(start))
	return list, nil
}

// Get judges the cluster-scoped objects and returns one violation.
func (s *Cluster) Get(ctx context.Context, name string, _ *metav1.GetOptions) (runtime.Object, error) {
	r, err := s.lister.get(ctx, "", name)
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
