package window

import (
	"fmt"
	"time"
)

// Period is how long a window lasts.
type Period int

// The periods.
const (
	Daily Period = iota
	Weekly
	Monthly
	// Total is one window from 1970 on that never ends.
	Total
)

// String returns "Daily", "Weekly", "Monthly" or "Total".
func (p Period) String() string {
	switch p {
	case Daily:
		return "Daily"
	case Weekly:
		return "Weekly"
	case Monthly:
		return "Monthly"
	case Total:
		return "Total"
	}
	return fmt.Sprintf("Period(%d)", int(p))
}

// Calendar cuts time into windows. Compare calendars by their ID. The zero
// Calendar is that of days in UTC.
type Calendar struct {
	Period Period
	// Location is the zone in which days begin; nil means UTC. See Zone.
	Location *time.Location
	// Weekday on which a Weekly window begins.
	Weekday time.Weekday
	// DayOfMonth on which a Monthly window begins, 1 to 31; in a month that is
	// shorter, on its last day. What is out of this range counts as its nearer
	// end.
	DayOfMonth int
}

// Window is one budget window: Start belongs to it, End does not.
type Window struct {
	Start time.Time
	// End is zero when the window never ends.
	End time.Time
}

// Window returns the window that holds t. Its times are whole seconds in UTC. A
// Total window starts at 1970-01-01T00:00:00Z.
func (c Calendar) Window(t time.Time) Window {
	if c.Period == Total {
		return Window{Start: time.Unix(0, 0).UTC()}
	}
	now := floorSeconds(t)
	// An anchor's day has begun once its date is seen, so the window is this one
	// or, where clocks went back over midnight, a later one.
	n := c.index(dateOf(now, c.zone()))
	start, end := c.start(n), c.start(n+1)
	for end <= now {
		n++
		start, end = end, c.start(n+1)
	}
	return Window{Start: time.Unix(start, 0).UTC(), End: time.Unix(end, 0).UTC()}
}

// Start returns the start of the window that holds t, which names it.
func (c Calendar) Start(t time.Time) time.Time { return c.Window(t).Start }

// End returns the end of the window that holds t, which is the start of the
// next; false when it never ends.
func (c Calendar) End(t time.Time) (time.Time, bool) {
	w := c.Window(t)
	return w.End, !w.End.IsZero()
}

// TakeOver returns the window that holds now when this calendar takes over from
// another, whose last window ended at ended (not after now): the calendar's
// own, cut off at ended, so that no second is in two windows. When now is ended
// itself it begins there; a node that was unused in between joins later.
func (c Calendar) TakeOver(ended, now time.Time) Window {
	w := c.Window(now)
	if w.Start.Before(ended) {
		w.Start = ended
	}
	return w
}

// Boundaries returns the start of the window that holds from, and then every
// start up to and including the first that is after until: the windows between
// them hold every instant from from to until. It returns nil for Total.
func (c Calendar) Boundaries(from, until time.Time) []time.Time {
	if c.Period == Total {
		return nil
	}
	w := c.Window(from)
	bounds := []time.Time{w.Start, w.End}
	for !w.End.After(until) {
		w = c.Window(w.End)
		bounds = append(bounds, w.End)
	}
	return bounds
}

// How far boundaries are written ahead of time, and how far behind: a day, for
// a ledger whose clock is behind its writer's.
const (
	aheadYears       = 1
	aheadYearsMonths = 3
	behindDays       = 1
)

// Ahead returns the boundaries to write to the ledger now: a year of days or
// weeks, three years of months. The first is the start of the window that was
// open a day ago. It returns nil for Total.
func (c Calendar) Ahead(now time.Time) []time.Time {
	years := aheadYears
	if c.Period == Monthly {
		years = aheadYearsMonths
	}
	return c.Boundaries(now.AddDate(0, 0, -behindDays), now.AddDate(years, 0, 0))
}
