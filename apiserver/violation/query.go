package violation

import (
	"k8s.io/apimachinery/pkg/apis/meta/internalversion"
	"k8s.io/apimachinery/pkg/labels"

	policy "tollgate.dev/tollgate/apis/policy/v1alpha1"
	"tollgate.dev/tollgate/apiserver/resource"
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
type query struct{ resource.Query }

func (l lister) parse(namespace string, fields []string, opts *internalversion.ListOptions) (q query, err error) {
	q.Query, err = l.Query(l.tokens, namespace, opts, fields, labelKeys())
	return q, err
}

// wants tells whether the selectors want a row.
func (q query) wants(r *row) bool {
	for key, value := range q.Fields {
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
	return q.Labels.Matches(labels.Set(r.meta.Labels))
}
