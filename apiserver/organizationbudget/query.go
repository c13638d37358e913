package organizationbudget

import (
	"k8s.io/apimachinery/pkg/apis/meta/internalversion"
	"k8s.io/apimachinery/pkg/labels"

	metering "tollgate.dev/tollgate/apis/metering/v1alpha1"
	"tollgate.dev/tollgate/apiserver/balance"
	"tollgate.dev/tollgate/apiserver/page"
	"tollgate.dev/tollgate/apiserver/selector"
)

// query is a list call that was understood.
type query struct {
	name   string // "" for all
	state  metering.State
	labels labels.Selector
	page   page.Request
}

func parseQuery(tokens *page.Issuer, opts *internalversion.ListOptions) (q query, err error) {
	if opts == nil {
		opts = &internalversion.ListOptions{}
	}
	fields, err := selector.Fields(opts.FieldSelector, FieldSelectors()...)
	if err != nil {
		return query{}, err
	}
	if q.labels, err = selector.Labels(opts.LabelSelector, metering.LabelOrganization, metering.LabelLevel); err != nil {
		return query{}, err
	}
	if q.page, err = tokens.Parse(page.Scope(resource, "", opts), opts); err != nil {
		return query{}, err
	}
	q.name = fields[selector.Name]
	q.state, err = balance.ParseState(fields[fieldState])
	return q, err
}
