package terms

import (
	"cmp"
	"errors"
	"fmt"
	"sync"
	"time"

	"tollgate.dev/tollgate/apis/tollgate/v1alpha1"
	"tollgate.dev/tollgate/metering/ledger"
	"tollgate.dev/tollgate/metering/money"
	"tollgate.dev/tollgate/metering/window"
)

// Budget is one budget as the ledger keeps it.
type Budget struct {
	ledger.Terms
	// Window is the calendar that Terms.Calendar names.
	Window window.Calendar
}

// FieldError says which field of a budget is wrong, and what is allowed.
type FieldError struct {
	// Field below the budget: limit, period, timeZone, anchor.weekday,
	// anchor.dayOfMonth or enforcement.
	Field string
	Err   error
}

// Error returns the field and what is wrong with it.
func (e *FieldError) Error() string { return e.Field + ": " + e.Err.Error() }

// Unwrap returns what is wrong.
func (e *FieldError) Unwrap() error { return e.Err }

// Compiler compiles budgets. It remembers the calendars it has seen, because a
// time zone is read from a file and an organization has thousands of budgets by
// few calendars. It may be used from many goroutines.
type Compiler struct {
	mu        sync.RWMutex
	calendars map[calendarKey]calendar
}

// calendarKey is what a spec says of a calendar, as it says it.
type calendarKey struct {
	period   v1alpha1.Period
	timeZone string
	anchor   v1alpha1.Anchor
}

type calendar struct {
	window window.Calendar
	id     string
}

// maxCalendars bounds what a Compiler remembers: more calendars than that only
// cost time.
const maxCalendars = 4096

// NewCompiler returns a Compiler that has seen nothing.
func NewCompiler() *Compiler {
	return &Compiler{calendars: map[calendarKey]calendar{}}
}

// Compile returns a budget as the ledger keeps it; nil is counted by calendar
// month in UTC, without a limit. The error is a *FieldError.
func (c *Compiler) Compile(b *v1alpha1.Budget) (Budget, error) {
	var key calendarKey
	if b != nil {
		key = calendarKey{period: b.Period, timeZone: b.TimeZone}
		if b.Anchor != nil {
			key.anchor = *b.Anchor
		}
	}
	cal, err := c.calendar(key)
	if err != nil {
		return Budget{}, err
	}
	out := Budget{Window: cal.window}
	out.Calendar = cal.id
	if b == nil {
		return out, nil
	}
	if out.Limit, err = limit(b.Limit); err != nil {
		return Budget{}, &FieldError{Field: "limit", Err: err}
	}
	if out.Enforcement, err = enforcement(b.Enforcement); err != nil {
		return Budget{}, &FieldError{Field: "enforcement", Err: err}
	}
	return out, nil
}

func limit(l v1alpha1.Limit) (money.Amount, error) {
	a, err := money.Parse(string(l))
	if err != nil {
		return 0, err
	}
	if a > money.MaxLimit {
		return 0, fmt.Errorf("%s is more than %s dollars per window; give a larger budget a shorter period", l, money.MaxLimit)
	}
	return a, nil
}

func enforcement(e v1alpha1.Enforcement) (ledger.Enforcement, error) {
	switch cmp.Or(e, v1alpha1.Block) {
	case v1alpha1.Block:
		return ledger.Block, nil
	case v1alpha1.Alert:
		return ledger.Alert, nil
	case v1alpha1.Throttle:
		return ledger.Throttle, nil
	}
	return ledger.None, fmt.Errorf("%q is none of Block, Alert, Throttle", e)
}

func (c *Compiler) calendar(key calendarKey) (calendar, error) {
	c.mu.RLock()
	cal, ok := c.calendars[key]
	c.mu.RUnlock()
	if ok {
		return cal, nil
	}
	w, err := key.window()
	if err != nil {
		return calendar{}, err
	}
	cal = calendar{window: w, id: w.ID()}
	c.mu.Lock()
	if len(c.calendars) < maxCalendars {
		c.calendars[key] = cal
	}
	c.mu.Unlock()
	return cal, nil
}

func (k calendarKey) window() (window.Calendar, error) {
	zone, err := window.Zone(cmp.Or(k.timeZone, "UTC"))
	if err != nil {
		return window.Calendar{}, &FieldError{Field: "timeZone", Err: err}
	}
	w := window.Calendar{Location: zone}
	switch cmp.Or(k.period, v1alpha1.Monthly) {
	case v1alpha1.Daily:
		w.Period = window.Daily
	case v1alpha1.Weekly:
		w.Period = window.Weekly
		day, ok := window.ParseWeekday(string(cmp.Or(k.anchor.Weekday, v1alpha1.Weekday(time.Monday.String()))))
		if !ok {
			return window.Calendar{}, &FieldError{Field: "anchor.weekday", Err: fmt.Errorf("%q is no day of the week such as Monday", k.anchor.Weekday)}
		}
		w.Weekday = day
	case v1alpha1.Monthly:
		w.Period = window.Monthly
		w.DayOfMonth = int(cmp.Or(k.anchor.DayOfMonth, 1))
		if w.DayOfMonth < 1 || w.DayOfMonth > 31 {
			return window.Calendar{}, &FieldError{Field: "anchor.dayOfMonth", Err: fmt.Errorf("%d is not from 1 to 31", w.DayOfMonth)}
		}
	case v1alpha1.Total:
		w.Period = window.Total
	default:
		return window.Calendar{}, &FieldError{Field: "period", Err: fmt.Errorf("%q is none of Daily, Weekly, Monthly, Total", k.period)}
	}
	if k.anchor.Weekday != "" && w.Period != window.Weekly {
		return window.Calendar{}, &FieldError{Field: "anchor.weekday", Err: errors.New("goes with period: Weekly only")}
	}
	if k.anchor.DayOfMonth != 0 && w.Period != window.Monthly {
		return window.Calendar{}, &FieldError{Field: "anchor.dayOfMonth", Err: errors.New("goes with period: Monthly only")}
	}
	return w, nil
}
