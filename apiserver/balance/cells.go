package balance

import (
	"strings"
	"time"

	metatable "k8s.io/apimachinery/pkg/api/meta/table"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/duration"

	metering "tollgate.dev/tollgate/apis/metering/v1alpha1"
	"tollgate.dev/tollgate/metering/money"
)

const (
	// unknownCell stands for what could not be read.
	unknownCell = "?"
	// noneCell stands for what there is none of: a limit, a reset.
	noneCell = "-"
)

// Columns are the columns of a table of budgets. They do not depend on the
// rows, so that an empty list has them too. Those of priority 1 are for -o wide:
// the others fit 100 characters beside a namespace and the name of a user who is
// an address, chat.engineers.jane--2edoe--40acme--2eexample, of which kubectl
// cuts nothing.
func Columns() []metav1.TableColumnDefinition {
	return []metav1.TableColumnDefinition{
		{Name: "Name", Type: "string", Format: "name", Description: "Project, group and user, joined with dots."},
		{Name: "Level", Type: "string", Priority: 1, Description: "Organization, Project, Group or User."},
		{Name: "Limit", Type: "string", Description: "US dollars of one window: in force, or what the spec says while that is unknown; - when there is none."},
		{Name: "Spent", Type: "string", Description: "US dollars spent in the open window, rounded up to the cent."},
		{Name: "Held", Type: "string", Priority: 1, Description: "US dollars promised to requests in flight."},
		{Name: "Remaining", Type: "string", Priority: 1, Description: "US dollars that can still be promised, rounded down to the cent."},
		{Name: "Used", Type: "string", Description: "Spent and held as a percentage of the limit, rounded down."},
		{Name: "State", Type: "string", Description: "Active, Warning, Exhausted or Unknown."},
		{Name: "Resets", Type: "string", Priority: 1, Description: "How long until the window ends."},
		{Name: "Period", Type: "string", Priority: 1, Description: "Daily, Weekly, Monthly or Total."},
		{Name: "Enforcement", Type: "string", Priority: 1, Description: "What happens at the limit: Block, Alert or Throttle."},
		{Name: "In Force", Type: "string", Priority: 1, Description: "Whether the ledger has what the spec says."},
		{Name: "Organization", Type: "string", Priority: 1, Description: "Who pays."},
		{Name: "Age", Type: "string", Priority: 1, Description: "Since the Project or Organization was created, or the user's first request."},
	}
}

// Cells returns a row of the table.
func Cells(meta *metav1.ObjectMeta, spec *metering.BudgetSpec, status *metering.BudgetStatus) []any {
	unknown := status.State == metering.StateUnknown
	limit := status.Limit
	if unknown {
		limit = spec.Limit
	}
	enforcement := status.Enforcement
	if unknown {
		enforcement = spec.Enforcement
	}
	return []any{
		meta.Name,
		string(spec.Level),
		amount(limit, false, dollars),
		amount(status.Spent, unknown, money.Amount.Short),
		amount(status.Held, unknown, money.Amount.Short),
		amount(status.Remaining, unknown, money.Amount.ShortDown),
		percentCell(status.UsedPercent, unknown),
		string(status.State),
		resetsIn(status),
		spec.Period,
		text(enforcement),
		inForceCell(status),
		spec.Organization,
		metatable.ConvertToHumanReadableDateType(meta.CreationTimestamp),
	}
}

// dollars shows a limit, which mostly is whole dollars, without cents when it is.
func dollars(a money.Amount) string { return strings.TrimSuffix(a.Short(), ".00") }

// amount shows a decimal amount in cents.
func amount(decimal string, unknown bool, short func(money.Amount) string) string {
	switch {
	case unknown:
		return unknownCell
	case decimal == "":
		return noneCell
	}
	a, err := money.Parse(decimal)
	if err != nil {
		return decimal // a spec that got past validation: show what it says
	}
	return short(a)
}

// percentCell leaves the decimal out: rounded down, 100% is nothing left.
func percentCell(percent string, unknown bool) string {
	switch {
	case unknown:
		return unknownCell
	case percent == "":
		return noneCell
	}
	whole, _, _ := strings.Cut(percent, ".")
	return whole + "%"
}

func text(s string) string {
	if s == "" {
		return noneCell
	}
	return s
}

// resetsIn counts from the moment the ledger was read.
func resetsIn(status *metering.BudgetStatus) string {
	switch {
	case status.State == metering.StateUnknown:
		return unknownCell
	case status.ResetsAt == nil || status.AsOf == nil:
		return noneCell
	}
	return duration.HumanDuration(max(0, status.ResetsAt.Sub(status.AsOf.Time).Truncate(time.Second)))
}

func inForceCell(status *metering.BudgetStatus) string {
	for i := range status.Conditions {
		if c := &status.Conditions[i]; c.Type == metering.ConditionInForce {
			return string(c.Status)
		}
	}
	return unknownCell
}
