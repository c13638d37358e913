package window

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"
)

// Errors of Zone and ParseID, wrapped with the text that was refused.
var (
	ErrZone = errors.New("not an IANA time zone such as Europe/Berlin, Asia/Tokyo or UTC")
	ErrID   = errors.New(`not a calendar id such as "Daily@UTC", "Weekly/Monday@Asia/Tokyo", "Monthly/15@Europe/Berlin" or "Total"`)
)

// Zone loads a time zone by its IANA name. Names that mean another zone on
// another host (Local, localtime, posixrules), and the copies of the database
// that count leap seconds or are kept for old programs (right/, posix/), are
// refused with ErrZone, as are names that the tz database does not have.
func Zone(name string) (*time.Location, error) {
	first, _, _ := strings.Cut(name, "/")
	switch first {
	case "", "Local", "localtime", "posixrules", "right", "posix", "Factory":
		return nil, fmt.Errorf("time zone %q: %w", name, ErrZone)
	}
	if len(name) > 64 || strings.ContainsFunc(name, notInZoneName) {
		return nil, fmt.Errorf("time zone %q: %w", name, ErrZone)
	}
	zone, err := time.LoadLocation(name)
	if err != nil {
		return nil, fmt.Errorf("time zone %q: %w: %w", name, ErrZone, err)
	}
	return zone, nil
}

func notInZoneName(r rune) bool {
	return (r < 'a' || r > 'z') && (r < 'A' || r > 'Z') && (r < '0' || r > '9') && !strings.ContainsRune("/_+-", r)
}

// ID returns the text that names the calendar: Daily@UTC,
// Weekly/Monday@Asia/Tokyo, Monthly/15@Europe/Berlin or Total. It has at most
// 63 printable ASCII characters and no space for every zone of the tz database,
// and ParseID reads it back. It is the field of the calendar in the ledger, so
// it never changes for the same period, zone and anchor.
func (c Calendar) ID() string {
	switch c.Period {
	case Daily:
		return "Daily@" + c.zone().String()
	case Weekly:
		return "Weekly/" + c.Weekday.String() + "@" + c.zone().String()
	case Monthly:
		return "Monthly/" + strconv.Itoa(c.day()) + "@" + c.zone().String()
	}
	return c.Period.String()
}

// ParseID reads what ID returns. Any other text is refused with ErrID, or with
// ErrZone when only the zone is unknown here.
func ParseID(id string) (Calendar, error) {
	if id == Total.String() {
		return Calendar{Period: Total}, nil
	}
	kind, name, ok := strings.Cut(id, "@")
	if !ok {
		return Calendar{}, fmt.Errorf("calendar %q: %w", id, ErrID)
	}
	zone, err := Zone(name)
	if err != nil {
		return Calendar{}, fmt.Errorf("calendar %q: %w", id, err)
	}
	c := Calendar{Location: zone}
	period, anchor, _ := strings.Cut(kind, "/")
	switch period {
	case Daily.String():
		c.Period = Daily
	case Weekly.String():
		c.Period = Weekly
		c.Weekday, _ = ParseWeekday(anchor)
	case Monthly.String():
		c.Period = Monthly
		c.DayOfMonth, _ = strconv.Atoi(anchor)
	}
	if c.ID() != id { // whatever was misread above is written differently
		return Calendar{}, fmt.Errorf("calendar %q: %w", id, ErrID)
	}
	return c, nil
}

// ParseWeekday reads the English name of a weekday: Monday.
func ParseWeekday(name string) (time.Weekday, bool) {
	for day := time.Sunday; day <= time.Saturday; day++ {
		if day.String() == name {
			return day, true
		}
	}
	return 0, false
}
