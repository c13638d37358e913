package violation

import (
	"k8s.io/apimachinery/pkg/apis/meta/internalversion"
	"k8s.io/apimachinery/pkg/labels"

	policy "tollgate.dev/tollgate/apis/policy/v1alpha1"
	"tollgate.dev/tollgate/apiserver/page"
	"tollgate.dev/tollgate/apiserver/selector"
)

// Keys of field selectors beside name and namespace.
const (
	fieldPolicy   = "policy"
	fieldAction   = "action"
	fieldSeverity = "severity"
	fieldKind     = "kind"
	fieldObject   = "object"
)

func labelKeys() []string {
	return []string{policy.LabelPolicy, policy.LabelKind, policy.LabelSeverity, policy.LabelOrganization}
}

// query is a list call that was understood.
type query struct {
	namespace string // "" for all
	fields    map[string]string
	labels    labels.Selector
	page      page.Request
	// nothing is true when namespace and field selector exclude each other.
	nothing bool
}

func parseQuery(tokens *page.Issuer, resource, namespace string, allowed []string, opts *internalversion.ListOptions) (q query, err error) {
	if opts == nil {
		opts = &internalversion.ListOptions{}
	}
	q.namespace = namespace
	if q.fields, err = selector.Fields(opts.FieldSelector, allowed...); err != nil {
		return query{}, err
	}
	if q.labels, err = selector.Labels(opts.LabelSelector, labelKeys()...); err != nil {
		return query{}, err
	}
	if q.page, err = tokens.Parse(page.Scope(resource, namespace, opts), opts); err != nil {
		return query{}, err
	}
	if ns := q.fields[selector.Namespace]; ns != "" {
		q.nothing = namespace != "" && ns != namespace
		q.namespace = ns
	}
	return q, nil
}

// wants tells whether the selectors want a row.
func (q query) wants(r *row) bool {
	for key, value := range q.fields {
		var has string
		switch key {
		case selector.Name:
			has = r.meta.Name
		case selector.Namespace:
			has = r.meta.Namespace
		case fieldPolicy:
			has = r.spec.Policy
		case fieldAction:
			has = string(r.spec.Action)
		case fieldSeverity:
			has = string(r.spec.Severity)
		case fieldKind:
			has = r.spec.Object.Kind
		case fieldObject:
			has = r.spec.Object.Name
		}
		if has != value {
			return false
		}
	}
	return q.labels.Matches(labels.Set(r.meta.Labels))
}
