package budget

import (
	"fmt"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"

	metering "tollgate.dev/tollgate/apis/metering/v1alpha1"
	"tollgate.dev/tollgate/apiserver/balance"
)

// toTable makes a table of a list or of one budget. Each row carries the whole
// object: kubectl asks for it to sort, and the server trims it otherwise.
func toTable(object, options runtime.Object) (*metav1.Table, error) {
	table := &metav1.Table{}
	if o, ok := options.(*metav1.TableOptions); !ok || !o.NoHeaders {
		table.ColumnDefinitions = balance.Columns()
	}
	switch o := object.(type) {
	case *metering.Budget:
		table.ResourceVersion = o.ResourceVersion
		table.Rows = []metav1.TableRow{toRow(o)}
	case *metering.BudgetList:
		table.ListMeta = o.ListMeta
		table.Rows = make([]metav1.TableRow, len(o.Items))
		for i := range o.Items {
			table.Rows[i] = toRow(&o.Items[i])
		}
	default:
		return nil, fmt.Errorf("making a table of budgets: got %T", object)
	}
	return table, nil
}

func toRow(b *metering.Budget) metav1.TableRow {
	return metav1.TableRow{
		Cells:  balance.Cells(&b.ObjectMeta, &b.Spec, &b.Status),
		Object: runtime.RawExtension{Object: b},
	}
}
