package ledger

import (
	"fmt"
	"strconv"
	"time"

	"tollgate.dev/tollgate/metering/money"
)

// Enforcement says what happens at a limit.
type Enforcement uint8

// The enforcements. Only Block refuses; the others count.
const (
	// None counts without a limit.
	None Enforcement = iota
	// Block refuses a reserve that would pass the limit.
	Block
	// Alert counts and leaves it to whoever watches to tell somebody.
	Alert
	// Throttle counts; a guard slows the caller down past the limit.
	Throttle
)

// String returns "None", "Block", "Alert" or "Throttle".
func (e Enforcement) String() string {
	switch e {
	case None:
		return "None"
	case Block:
		return "Block"
	case Alert:
		return "Alert"
	case Throttle:
		return "Throttle"
	}
	return fmt.Sprintf("Enforcement(%d)", uint8(e))
}

// Terms are the limit of a node and the calendar of its windows.
type Terms struct {
	// Limit is the most that may be spent and held in one window, in nano-USD,
	// at most money.MaxLimit. It is ignored when Enforcement is None.
	Limit money.Amount
	// Enforcement says what happens at the limit.
	Enforcement Enforcement
	// Calendar is the id of the calendar that cuts time into windows.
	Calendar string
}

// Calendar is the boundaries of budget windows: window i runs from boundary i
// (included) to boundary i+1 (excluded).
type Calendar struct {
	// ID names the calendar. The same period, zone and anchor should have the
	// same id at every apply; a different id is a different calendar.
	ID string
	// Boundaries are whole seconds, strictly increasing, two or more. Empty
	// when Total is set.
	Boundaries []time.Time
	// Total makes one window that never ends.
	Total bool
}

// NodeTerms are the terms of one listed node.
type NodeTerms struct {
	Path  Path
	Terms Terms
	// Users are the terms of a group's users who are not listed; nil when only
	// listed users may spend. Groups only.
	Users *Terms
}

// Reset ends a node's open window now. The window is named by its start, so a
// repeated reset does not end the window that followed.
type Reset struct {
	Path   Path
	Window time.Time
}

// Application is one write of limits and calendars to an organization's ledger.
type Application struct {
	// Generation comes from Ledger.NextGeneration. An application older than
	// the newest one begun is refused with StaleError.
	Generation int64
	// Calendars are all calendars that Nodes name.
	Calendars []Calendar
	// Dropped are ids of calendars that go, after everything else was written;
	// see Unused. None of them is in Calendars.
	Dropped []string
	// Nodes are the listed nodes. A changed limit is in force at once; a
	// changed calendar, with its limit, at the end of the node's window.
	Nodes []NodeTerms
	// Removed are nodes that are no longer listed. A removed user lives on its
	// group's default; a removed project or group refuses reserves. What they
	// spent stays, and listing them again continues the same node.
	Removed []Path
	// Resets end windows early. Refused with ErrResetTooSoon in a window's
	// first second.
	Resets []Reset
}

// never is the end of a window of a Total calendar, in seconds.
const never = 9_999_999_999

// maxCalendarID keeps ids in the compact encoding of a small Redis hash.
const maxCalendarID = 64

// encodeLimit writes the field `lim`.
func encodeLimit(t Terms) (string, error) {
	kind := ""
	switch t.Enforcement {
	case None:
		return "-", nil
	case Block:
		kind = "B"
	case Alert:
		kind = "A"
	case Throttle:
		kind = "T"
	default:
		return "", fmt.Errorf("enforcement %s is none of None, Block, Alert, Throttle: %w", t.Enforcement, ErrBad)
	}
	if t.Limit < 0 || t.Limit > money.MaxLimit {
		return "", fmt.Errorf("limit %s is not between 0 and %s: %w", t.Limit, money.MaxLimit, ErrBad)
	}
	return kind + strconv.FormatInt(int64(t.Limit), 10), nil
}

// encode writes a calendar's boundaries, ten digits each.
func (c Calendar) encode() (string, error) {
	if c.ID == "" || len(c.ID) > maxCalendarID {
		return "", fmt.Errorf("calendar id %q does not have 1 to %d characters: %w", c.ID, maxCalendarID, ErrBad)
	}
	for i := range len(c.ID) {
		if c.ID[i] <= ' ' || c.ID[i] > '~' {
			return "", fmt.Errorf("calendar id %q holds a character that is not printable ASCII: %w", c.ID, ErrBad)
		}
	}
	if c.ID == sentinel {
		return "", fmt.Errorf("calendar id %q is reserved: %w", c.ID, ErrBad)
	}
	if c.Total {
		if len(c.Boundaries) != 0 {
			return "", fmt.Errorf("calendar %q is Total and has boundaries: %w", c.ID, ErrBad)
		}
		return fmt.Sprintf("%010d%010d", 0, never), nil
	}
	if len(c.Boundaries) < 2 {
		return "", fmt.Errorf("calendar %q has fewer than two boundaries: %w", c.ID, ErrBad)
	}
	b := make([]byte, 0, 10*len(c.Boundaries))
	last := int64(-1)
	for _, t := range c.Boundaries {
		s := t.Unix()
		if s <= last || s >= never || t.Nanosecond() != 0 {
			return "", fmt.Errorf("calendar %q: boundary %s is not a whole second after the one before it: %w", c.ID, t, ErrBad)
		}
		last = s
		b = fmt.Appendf(b, "%010d", s)
	}
	return string(b), nil
}
