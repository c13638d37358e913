package organizationbudget

import (
	"k8s.io/apimachinery/pkg/apis/meta/internalversion"

	metering "tollgate.dev/tollgate/apis/metering/v1alpha1"
	"tollgate.dev/tollgate/apiserver/balance"
	"tollgate.dev/tollgate/apiserver/resource"
)

// query is a list call that was understood.
type query struct {
	resource.Query
	state metering.State
}

func (s *Storage) parseQuery(opts *internalversion.ListOptions) (q query, err error) {
	if q.Query, err = s.Query(s.tokens, "", opts, FieldSelectors(), []string{metering.LabelOrganization, metering.LabelLevel}); err != nil {
		return query{}, err
	}
	q.state, err = balance.ParseState(q.Fields[fieldState])
	return q, err
}
