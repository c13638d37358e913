package selector

import (
	"fmt"
	"slices"
	"strings"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/fields"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/selection"
)

// Field selectors that every resource has.
const (
	Name      = "metadata.name"
	Namespace = "metadata.namespace"
)

// Fields returns the requirements of a field selector as a map from key to
// value. Unknown keys, operators other than equality, empty values and a key
// that is given twice are refused with one 400 that names each of them and lists
// what is allowed. A nil selector selects everything.
func Fields(sel fields.Selector, allowed ...string) (map[string]string, error) {
	if sel == nil {
		return nil, nil
	}
	var problems []string
	values := map[string]string{}
	for _, r := range sel.Requirements() {
		switch _, repeated := values[r.Field]; {
		case !slices.Contains(allowed, r.Field):
			problems = append(problems, fmt.Sprintf("%q is not known", r.Field))
		case r.Operator != selection.Equals && r.Operator != selection.DoubleEquals:
			problems = append(problems, fmt.Sprintf("%q is compared with %q, only = is understood", r.Field, r.Operator))
		case r.Value == "":
			problems = append(problems, fmt.Sprintf("%q has no value", r.Field))
		case repeated:
			problems = append(problems, fmt.Sprintf("%q is given twice", r.Field))
		default:
			values[r.Field] = r.Value
		}
	}
	if len(problems) > 0 {
		return nil, refusal("field", problems, allowed)
	}
	return values, nil
}

// FieldLabels returns the function by which a scheme checks the keys of field
// selectors before a storage sees them. It knows the allowed keys; the storage
// still reads the whole selector with Fields.
func FieldLabels(allowed ...string) runtime.FieldLabelConversionFunc {
	return func(key, value string) (string, string, error) {
		if !slices.Contains(allowed, key) {
			return "", "", refusal("field", []string{fmt.Sprintf("%q is not known", key)}, allowed)
		}
		return key, value, nil
	}
}

// Labels returns the label selector of a list call, labels.Everything for nil.
// A key that no row can have is refused with a 400, because it is a typing
// mistake: the selector would silently match nothing, or everything. All
// operators of Kubernetes work.
func Labels(sel labels.Selector, allowed ...string) (labels.Selector, error) {
	if sel == nil {
		return labels.Everything(), nil
	}
	requirements, selectable := sel.Requirements()
	if !selectable {
		return labels.Nothing(), nil
	}
	var problems []string
	for _, r := range requirements {
		if !slices.Contains(allowed, r.Key()) {
			problems = append(problems, fmt.Sprintf("%q is not known", r.Key()))
		}
	}
	if len(problems) > 0 {
		return nil, refusal("label", problems, allowed)
	}
	return sel, nil
}

func refusal(kind string, problems, allowed []string) error {
	return apierrors.NewBadRequest(fmt.Sprintf("%s selector: %s: allowed are %s",
		kind, strings.Join(problems, "; "), strings.Join(allowed, ", ")))
}
