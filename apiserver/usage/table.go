package usage

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"

	metering "tollgate.dev/tollgate/apis/metering/v1alpha1"
	"tollgate.dev/tollgate/metering/money"
)

const (
	// unknownCell stands for what could not be read.
	unknownCell = "?"
	// noneCell stands for a part that was added up.
	noneCell = "-"
	// unpricedCell stands for a cost without a price.
	unpricedCell = "unpriced"
)

// columns are the columns of a table of usage. They do not depend on the rows,
// so that an empty list has them too. Those of priority 1 are for -o wide: the
// others fit 100 characters beside a namespace and a user who is an address, of
// which kubectl cuts nothing. The name is not among them, because it says the
// caller again, escaped, and of the model only a digest. The window has no column:
// it is the same in every row, and who asked named it.
func columns() []metav1.TableColumnDefinition {
	return []metav1.TableColumnDefinition{
		{Name: "Name", Type: "string", Format: "name", Priority: 1, Description: "Project, group, user and a digest of the model, joined with dots; less what was added up."},
		{Name: "Caller", Type: "string", Description: "Who called: project, group and user, joined with dots; less what was added up."},
		{Name: "Model", Type: "string", Description: "Which model answered."},
		{Name: "Tokens", Type: "string", Description: "Input and output tokens together, as the provider counts them."},
		{Name: "Cost", Type: "string", Description: "US dollars: an estimate, counters times prices, rounded up to the cent. Budgets have what was spent."},
		{Name: "Requests", Type: "string", Priority: 1, Description: "Requests that were answered."},
		{Name: "Input", Type: "string", Priority: 1, Description: "Input tokens."},
		{Name: "Output", Type: "string", Priority: 1, Description: "Output tokens."},
		{Name: "Last Hours", Type: "string", Priority: 1, Description: "Tokens of each of the 24 hours up to the end of the window, the newest last; a dot for none."},
	}
}

// toTable makes a table of a list or of one row. Each row carries the whole
// object: kubectl asks for it to sort, and the server trims it otherwise.
func toTable(object, options runtime.Object, draw func([]metering.Usage) drawing) (*metav1.Table, error) {
	table := &metav1.Table{}
	if o, ok := options.(*metav1.TableOptions); !ok || !o.NoHeaders {
		table.ColumnDefinitions = columns()
	}
	var items []metering.Usage
	switch o := object.(type) {
	case *metering.Usage:
		table.ResourceVersion = o.ResourceVersion
		items = []metering.Usage{*o}
	case *metering.UsageList:
		table.ListMeta = o.ListMeta
		items = o.Items
	default:
		return nil, fmt.Errorf("making a table of usage: got %T", object)
	}
	drawn := draw(items)
	table.Rows = make([]metav1.TableRow, len(items))
	for i := range items {
		u := &items[i]
		table.Rows[i] = metav1.TableRow{Cells: cells(u, drawn.of(u)), Object: runtime.RawExtension{Object: u}}
	}
	return table, nil
}

func cells(u *metering.Usage, hours []int64) []any {
	unknown := u.Status.TotalTokens == nil
	drawn := unknownCell
	if hours != nil {
		drawn = sparkline(hours)
	}
	return []any{
		u.Name,
		caller(&u.Spec),
		part(u.Spec.Model),
		number(u.Status.TotalTokens, short),
		costCell(u.Status.Cost, unknown),
		number(u.Status.Requests, short),
		number(u.Status.InputTokens, exact),
		number(u.Status.OutputTokens, exact),
		drawn,
	}
}

// caller joins who called, the user by the name that the Project has.
func caller(s *metering.UsageSpec) string {
	kept := slices.DeleteFunc([]string{s.Project, s.Group, s.User}, func(p string) bool { return p == "" })
	return part(strings.Join(kept, "."))
}

func part(s string) string {
	if s == "" {
		return noneCell
	}
	return s
}

func costCell(cost string, unknown bool) string {
	switch {
	case unknown:
		return unknownCell
	case cost == "":
		return unpricedCell
	}
	a, err := money.Parse(cost)
	if err != nil {
		return cost
	}
	return a.Short()
}

func number(n *int64, show func(int64) string) string {
	if n == nil {
		return unknownCell
	}
	return show(*n)
}

func exact(n int64) string { return strconv.FormatInt(n, 10) }

// short shows a count with three or four digits and a unit: 980, 12.3k, 4.5M.
func short(n int64) string {
	if n < 1000 {
		return exact(n)
	}
	unit, units := int64(1000), "kMGTPE"
	for n/1000 >= unit && len(units) > 1 {
		unit, units = unit*1000, units[1:]
	}
	tenths := n / (unit / 10) // rounded down: 999,999 is 999.9k, never 1000.0k
	if tenths >= 1000 {
		return exact(tenths/10) + units[:1]
	}
	return exact(tenths/10) + "." + exact(tenths%10) + units[:1]
}
