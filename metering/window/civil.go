package window

import "time"

// A date is a number of days since 1970-01-01, whatever the zone.
type date int

const (
	secondsPerDay = 86400
	daysPerWeek   = 7
	monthsPerYear = 12
	longestMonth  = 31
	epochWeekday  = time.Thursday // of 1970-01-01
)

// civil returns the date of a day; a month or day out of range runs over.
func civil(year int, month time.Month, day int) date {
	return date(floorDiv(time.Date(year, month, day, 0, 0, 0, 0, time.UTC).Unix(), secondsPerDay))
}

// dateOf returns the local date at an instant.
func dateOf(unix int64, zone *time.Location) date {
	return civil(time.Unix(unix, 0).In(zone).Date())
}

// index returns the number of the last anchor that is not after a date. Anchors
// are numbered by day, week or month.
func (c Calendar) index(d date) int {
	switch c.Period {
	case Weekly:
		return int(floorDiv(int64(d)-int64(c.firstAnchor()), daysPerWeek))
	case Monthly:
		y, m, _ := time.Unix(int64(d)*secondsPerDay, 0).UTC().Date()
		n := y*monthsPerYear + int(m-1)
		if c.anchorDate(n) > d {
			n--
		}
		return n
	}
	return int(d)
}

// anchorDate returns the date of an anchor.
func (c Calendar) anchorDate(n int) date {
	switch c.Period {
	case Weekly:
		return c.firstAnchor() + date(n*daysPerWeek)
	case Monthly:
		year := int(floorDiv(int64(n), monthsPerYear))
		month := time.Month(n-year*monthsPerYear) + 1
		last := civil(year, month+1, 0)
		return min(civil(year, month, c.day()), last)
	}
	return date(n)
}

// firstAnchor is the first anchor of a Weekly calendar that is not before 1970.
func (c Calendar) firstAnchor() date {
	return date((int(c.Weekday) - int(epochWeekday) + daysPerWeek) % daysPerWeek)
}

func (c Calendar) zone() *time.Location {
	if c.Location == nil {
		return time.UTC
	}
	return c.Location
}

func (c Calendar) day() int {
	return min(max(c.DayOfMonth, 1), longestMonth)
}

// start returns the first instant at which the local date is an anchor's, or
// later: the start of its window in seconds since 1970.
func (c Calendar) start(n int) int64 {
	midnight := int64(c.anchorDate(n)) * secondsPerDay
	// No zone is a day away from UTC, so the date has not begun here, and the
	// zone's rules are followed from one change of the clocks to the next.
	at := midnight - secondsPerDay
	zone := c.zone()
	for {
		segment := time.Unix(at, 0).In(zone)
		_, offset := segment.Zone()
		_, end := segment.ZoneBounds()
		first := max(at, midnight-int64(offset))
		if end.IsZero() || first < end.Unix() {
			return first
		}
		at = end.Unix()
	}
}

func floorSeconds(t time.Time) int64 {
	return t.Unix() // Unix rounds down
}

func floorDiv(a, b int64) int64 {
	q := a / b
	if a%b < 0 {
		q--
	}
	return q
}
