package organizationbudget

import (
	"fmt"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"

	metering "tollgate.dev/tollgate/apis/metering/v1alpha1"
	"tollgate.dev/tollgate/apiserver/balance"
)

// toTable makes a table of a list or of one budget, the whole object in each row.
func toTable(object, options runtime.Object) (*metav1.Table, error) {
	table := &metav1.Table{}
	if o, ok := options.(*metav1.TableOptions); !ok || !o.NoHeaders {
		table.ColumnDefinitions = balance.Columns()
	}
	switch o := object.(type) {
	case *metering.OrganizationBudget:
		table.ResourceVersion = o.ResourceVersion
		table.Rows = []metav1.TableRow{toRow(o)}
	case *metering.OrganizationBudgetList:
		table.ListMeta = o.ListMeta
		table.Rows = make([]metav1.TableRow, len(o.Items))
		for i := range o.Items {
			table.Rows[i] = toRow(&o.Items[i])
		}
	default:
		return nil, fmt.Errorf("making a table of organization budgets: got %T", object)
	}
	return table, nil
}

func toRow(b *metering.OrganizationBudget) metav1.TableRow {
	return metav1.TableRow{
		Cells:  balance.Cells(&b.ObjectMeta, &b.Spec, &b.Status),
		Object: runtime.RawExtension{Object: b},
	}
}
