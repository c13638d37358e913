package balance

import (
	"fmt"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"

	metering "tollgate.dev/tollgate/apis/metering/v1alpha1"
)

// Table makes a table of budgets or of organization budgets, of one or of a
// list. Each row carries the whole object: kubectl asks for it to sort, and the
// server trims it otherwise.
func Table(object, options runtime.Object) (*metav1.Table, error) {
	table := &metav1.Table{}
	if o, ok := options.(*metav1.TableOptions); !ok || !o.NoHeaders {
		table.ColumnDefinitions = Columns()
	}
	switch o := object.(type) {
	case *metering.Budget:
		table.ResourceVersion = o.ResourceVersion
		table.Rows = []metav1.TableRow{tableRow(o, &o.ObjectMeta, &o.Spec, &o.Status)}
	case *metering.OrganizationBudget:
		table.ResourceVersion = o.ResourceVersion
		table.Rows = []metav1.TableRow{tableRow(o, &o.ObjectMeta, &o.Spec, &o.Status)}
	case *metering.BudgetList:
		table.ListMeta = o.ListMeta
		table.Rows = make([]metav1.TableRow, len(o.Items))
		for i := range o.Items {
			b := &o.Items[i]
			table.Rows[i] = tableRow(b, &b.ObjectMeta, &b.Spec, &b.Status)
		}
	case *metering.OrganizationBudgetList:
		table.ListMeta = o.ListMeta
		table.Rows = make([]metav1.TableRow, len(o.Items))
		for i := range o.Items {
			b := &o.Items[i]
			table.Rows[i] = tableRow(b, &b.ObjectMeta, &b.Spec, &b.Status)
		}
	default:
		return nil, fmt.Errorf("making a table of budgets: got %T", object)
	}
	return table, nil
}

func tableRow(object runtime.Object, meta *metav1.ObjectMeta, spec *metering.BudgetSpec, status *metering.BudgetStatus) metav1.TableRow {
	return metav1.TableRow{Cells: Cells(meta, spec, status), Object: runtime.RawExtension{Object: object}}
}
