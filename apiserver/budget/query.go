package budget

import (
	"k8s.io/apimachinery/pkg/apis/meta/internalversion"
	"k8s.io/apimachinery/pkg/labels"

	metering "tollgate.dev/tollgate/apis/metering/v1alpha1"
	"tollgate.dev/tollgate/apiserver/balance"
	"tollgate.dev/tollgate/apiserver/resource"
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
	resource.Query
	state metering.State
}

// anyQuery selects every row.
func anyQuery() query { return query{Query: resource.Query{Labels: labels.Everything()}} }

func (s *Storage) parseQuery(namespace string, opts *internalversion.ListOptions) (q query, err error) {
	if q.Query, err = s.Query(s.tokens, namespace, opts, FieldSelectors(), labelKeys()); err != nil {
		return query{}, err
	}
	q.state, err = balance.ParseState(q.Fields[fieldState])
	return q, err
}

// wantsUsers tells whether the label selector can match users at all.
func (q query) wantsUsers() bool { return q.CanMatch(metering.LabelLevel, string(metering.LevelUser)) }

// wantsOrganization tells whether the label selector can match rows of it.
func (q query) wantsOrganization(name string) bool {
	return q.CanMatch(metering.LabelOrganization, name)
}
