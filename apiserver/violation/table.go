package violation

import (
	"context"
	"fmt"
	"strings"

	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"

	policy "tollgate.dev/tollgate/apis/policy/v1alpha1"
)

// widest is the most characters of a message in a table; -o wide shows it whole.
const widest = 60

// table is a table in the making. Each row carries the whole object: kubectl
// asks for it to sort.
type table struct{ metav1.Table }

func newTable(options runtime.Object) *table {
	t := &table{}
	t.Rows = []metav1.TableRow{}
	if o, ok := options.(*metav1.TableOptions); !ok || !o.NoHeaders {
		t.ColumnDefinitions = columns()
	}
	return t
}

// columns are those of both resources. As with events, the name is not among
// the first: it says nothing that the others do not.
func columns() []metav1.TableColumnDefinition {
	return []metav1.TableColumnDefinition{
		{Name: "Policy", Type: "string", Description: "Policy that is broken."},
		{Name: "Action", Type: "string", Description: "What the violation would do at admission: Deny, Warn or DryRun."},
		{Name: "Object", Type: "string", Description: "Object that breaks it."},
		{Name: "Message", Type: "string", Description: "What is wrong."},
		{Name: "Severity", Type: "string", Description: "Severity of the violation.", Priority: 1},
		{Name: "Organization", Type: "string", Description: "Organization that the object was judged by.", Priority: 1},
		{Name: "Field", Type: "string", Description: "Field that breaks the policy.", Priority: 1},
		{Name: "Whole message", Type: "string", Description: "What is wrong and what to do.", Priority: 1},
		{Name: "Name", Type: "string", Format: "name", Description: "Name of the violation.", Priority: 1},
	}
}

// ConvertToTable returns the rows of a list or of one violation as a table.
func (lister) ConvertToTable(_ context.Context, object, options runtime.Object) (*metav1.Table, error) {
	t := newTable(options)
	var err error
	switch o := object.(type) {
	case *policy.PolicyViolationList:
		t.ListMeta = o.ListMeta
		err = meta.EachListItem(o, t.add)
	case *policy.ClusterPolicyViolationList:
		t.ListMeta = o.ListMeta
		err = meta.EachListItem(o, t.add)
	default:
		err = t.add(object)
	}
	if err != nil {
		return nil, fmt.Errorf("making a table of policy violations: %w", err)
	}
	return &t.Table, nil
}

func (t *table) add(object runtime.Object) error {
	switch o := object.(type) {
	case *policy.PolicyViolation:
		t.row(o, &o.ObjectMeta, &o.Spec)
	case *policy.ClusterPolicyViolation:
		t.row(o, &o.ObjectMeta, &o.Spec)
	default:
		return fmt.Errorf("got %T", object)
	}
	return nil
}

func (t *table) row(object runtime.Object, meta *metav1.ObjectMeta, spec *policy.PolicyViolationSpec) {
	t.Rows = append(t.Rows, metav1.TableRow{
		Cells: []any{
			spec.Policy, spec.Action, strings.ToLower(spec.Object.Kind) + "/" + spec.Object.Name, cut(spec.Message),
			spec.Severity, spec.Organization, spec.Field, strings.TrimSpace(spec.Message + " " + spec.Remedy), meta.Name,
		},
		Object: runtime.RawExtension{Object: object},
	})
}

// cut returns the beginning of a message that is too wide for a table, on one line.
func cut(message string) string {
	message = strings.Join(strings.Fields(message), " ")
	runes := []rune(message)
	if len(runes) <= widest {
		return message
	}
	return strings.TrimRight(string(runes[:widest-1]), " ") + "…"
}
