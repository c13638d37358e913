package budget

import (
	"k8s.io/apimachinery/pkg/apis/meta/internalversion"
	"k8s.io/apimachinery/pkg/labels"

	metering "tollgate.dev/tollgate/apis/metering/v1alpha1"
	"tollgate.dev/tollgate/apiserver/balance"
	"tollgate.dev/tollgate/apiserver/page"
	"tollgate.dev/tollgate/apiserver/selector"
)

const fieldState = "state"

// FieldSelectors are the keys that field selectors of budgets may hold.
func FieldSelectors() []string { return []string{selector.Name, selector.Namespace, fieldState} }

func labelKeys() []string {
	return []string{metering.LabelOrganization, metering.LabelProject, metering.LabelGroup, metering.LabelUser, metering.LabelLevel}
}

// query is a list call that was understood.
type query struct {
	namespace string // "" for all
	name      string // "" for all
	state     metering.State
	labels    labels.Selector
	page      page.Request
	// nothing is true when namespace and field selector exclude each other.
	nothing bool
}

func parseQuery(tokens *page.Issuer, namespace string, opts *internalversion.ListOptions) (query, error) {
	q := query{namespace: namespace, labels: labels.Everything()}
	if opts == nil {
		opts = &internalversion.ListOptions{}
	}
	fields, err := selector.Fields(opts.FieldSelector, FieldSelectors()...)
	if err != nil {
		return query{}, err
	}
	if q.labels, err = selector.Labels(opts.LabelSelector, labelKeys()...); err != nil {
		return query{}, err
	}
	if q.page, err = tokens.Parse(page.Scope("budgets", namespace, opts), opts); err != nil {
		return query{}, err
	}
	q.name = fields[selector.Name]
	if ns := fields[selector.Namespace]; ns != "" {
		q.nothing = namespace != "" && ns != namespace
		q.namespace = ns
	}
	q.state, err = balance.ParseState(fields[fieldState])
	return q, err
}

// wantsUsers tells whether the label selector can match a user's row at all.
func (q query) wantsUsers() bool {
	requirements, selectable := q.labels.Requirements()
	if !selectable {
		return false
	}
	level := labels.Set{metering.LabelLevel: string(metering.LevelUser)}
	for _, r := range requirements {
		if r.Key() == metering.LabelLevel && !r.Matches(level) {
			return false
		}
	}
	return true
}

// wantsOrganization tells whether the label selector can match a row of it.
func (q query) wantsOrganization(name string) bool {
	requirements, selectable := q.labels.Requirements()
	if !selectable {
		return false
	}
	organization := labels.Set{metering.LabelOrganization: name}
	for _, r := range requirements {
		if r.Key() == metering.LabelOrganization && !r.Matches(organization) {
			return false
		}
	}
	return true
}
