package resource

import (
	"k8s.io/apimachinery/pkg/apis/meta/internalversion"
	"k8s.io/apimachinery/pkg/labels"

	"tollgate.dev/tollgate/apiserver/page"
	"tollgate.dev/tollgate/apiserver/selector"
)

// Query is a list call, as far as it is read alike for every resource.
type Query struct {
	Namespace string // "" for all
	// Nothing is true when namespace and field selector exclude each other.
	Nothing bool
	// Fields are the values of the field selector by key.
	Fields map[string]string
	Labels labels.Selector
	Page   page.Request
}

// Query reads a list call in a namespace, "" for all. Fields and labelKeys are
// what selectors may hold. What is not understood is a 400 that says what is.
func (n Names) Query(tokens *page.Issuer, namespace string, opts *internalversion.ListOptions, fields, labelKeys []string) (q Query, err error) {
	if opts == nil {
		opts = &internalversion.ListOptions{}
	}
	q.Namespace = namespace
	if q.Fields, err = selector.Fields(opts.FieldSelector, fields...); err != nil {
		return Query{}, err
	}
	if q.Labels, err = selector.Labels(opts.LabelSelector, labelKeys...); err != nil {
		return Query{}, err
	}
	if q.Page, err = tokens.Parse(page.Scope(n.Resource.Resource, namespace, opts), opts); err != nil {
		return Query{}, err
	}
	if ns := q.Fields[selector.Namespace]; ns != "" {
		q.Nothing = namespace != "" && ns != namespace
		q.Namespace = ns
	}
	return q, nil
}

// Name is the one that the field selector asks for, "" for all.
func (q *Query) Name() string { return q.Fields[selector.Name] }

// CanMatch tells whether the label selector can match a row whose label key has
// this value, whatever its other labels are.
func (q *Query) CanMatch(key, value string) bool {
	requirements, selectable := q.Labels.Requirements()
	if !selectable {
		return false
	}
	for _, r := range requirements {
		if r.Key() == key && !r.Matches(labels.Set{key: value}) {
			return false
		}
	}
	return true
}
