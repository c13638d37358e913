package usage

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"

	"tollgate.dev/tollgate/apiserver/page"
)

const (
	// grid is what the end of a window that ends now is rounded down to, so that
	// equal questions of some seconds are one question to Mimir.
	grid = 15 * time.Second
	// longest is the longest window.
	longest = 366 * 24 * time.Hour

	dayLength = 24 * time.Hour
)

// window is what is counted: after since, until until.
type window struct{ since, until time.Time }

const (
	durations = "a duration such as 90m, 24h, 7d or 4w"
	windows   = durations + ", or hour, day, week (7d) or month (30d)"
	instants  = "a time such as 2026-11-01T00:00:00Z (RFC 3339), or how long ago: " + durations
)

// parseWindow reads the field selectors window, since and until; "" is one that
// was not given. Without any of them the window is the current calendar month in
// UTC. Mistakes are a 400.
func parseWindow(length, since, until string, now time.Time) (window, error) {
	now = now.UTC()
	if length != "" {
		if since != "" || until != "" {
			return window{}, refuse("window is given together with since or until: give window alone, or since and until")
		}
		d, err := parseLength(length)
		if err != nil {
			return window{}, err
		}
		end := now.Truncate(grid)
		return checked(window{end.Add(-d), end})
	}
	w := window{until: now.Truncate(grid)}
	ended := false // before now, because that was asked for
	var err error
	if until != "" {
		if w.until, err = parseInstant(fieldUntil, until, now); err != nil {
			return window{}, err
		}
		if ended = !w.until.After(now); !ended {
			w.until = now.Truncate(time.Second) // nothing is known of the future
		}
	}
	if since == "" {
		w.since = time.Date(w.until.Year(), w.until.Month(), 1, 0, 0, 0, 0, time.UTC)
		switch {
		case w.since.Before(w.until):
		case ended:
			w.since = w.since.AddDate(0, -1, 0) // until the first of a month is the month before
		default:
			w.until = w.since.Add(time.Second) // the very first second of a month
		}
		return checked(w)
	}
	if w.since, err = parseInstant(fieldSince, since, now); err != nil {
		return window{}, err
	}
	switch {
	case w.since.After(now):
		return window{}, refuse("since=%s is in the future: give a time before now", since)
	case w.since.Before(w.until):
	case until != "":
		return window{}, refuse("since=%s is not before until=%s: exchange them, or give a longer time ago as since", since, until)
	default:
		w.since, w.until = w.since.Truncate(time.Second), w.since.Truncate(time.Second).Add(time.Second)
	}
	return checked(w)
}

func checked(w window) (window, error) {
	if w.until.Sub(w.since) > longest {
		return window{}, refuse("the window from %s to %s is longer than %d days: give a shorter one",
			w.since.Format(time.RFC3339), w.until.Format(time.RFC3339), int(longest/dayLength))
	}
	return w, nil
}

// skew is how far the clocks of two replicas may be apart.
const skew = time.Minute

// String is what parsePinned reads.
func (w window) String() string { return fmt.Sprintf("%d-%d", w.since.Unix(), w.until.Unix()) }

// parsePinned reads the window that the first page of a list had. A client could
// have made it up, so it is judged like one that was asked for.
func parsePinned(s string, now time.Time) (window, error) {
	first, last, _ := strings.Cut(s, "-")
	since, err := strconv.ParseInt(first, 10, 64)
	until, bad := strconv.ParseInt(last, 10, 64)
	if err != nil || bad != nil || since < 0 || since >= until || until > now.Add(skew).Unix() {
		return window{}, apierrors.NewBadRequest("continue: " + page.ErrNotIssued.Error())
	}
	return checked(window{time.Unix(since, 0).UTC(), time.Unix(until, 0).UTC()})
}

func parseLength(s string) (time.Duration, error) {
	switch s {
	case "hour":
		return time.Hour, nil
	case "day":
		return dayLength, nil
	case "week":
		return 7 * dayLength, nil
	case "month":
		return 30 * dayLength, nil
	}
	d, ok := parseDuration(s)
	if !ok {
		return 0, refuse("window=%s is not understood: give %s", s, windows)
	}
	return d, nil
}

// parseInstant reads a time, or how long ago it was.
func parseInstant(field, s string, now time.Time) (time.Time, error) {
	if d, ok := parseDuration(s); ok {
		return now.Truncate(grid).Add(-d), nil
	}
	t, err := time.Parse(time.RFC3339, s)
	if err != nil || t.Year() < 2000 || t.Year() > 9999 {
		return time.Time{}, refuse("%s=%s is not understood: give %s", field, s, instants)
	}
	return t.UTC().Truncate(time.Second), nil
}

// parseDuration reads one or more whole numbers, each with a unit: w, d, h, m or
// s, from the largest unit down. It takes at least a second and at most ten years.
func parseDuration(s string) (time.Duration, bool) {
	var sum time.Duration
	units := []struct {
		suffix byte
		length time.Duration
	}{{'w', 7 * dayLength}, {'d', dayLength}, {'h', time.Hour}, {'m', time.Minute}, {'s', time.Second}}
	const most = 10 * 366 * dayLength
	for s != "" {
		digits := strings.IndexFunc(s, func(r rune) bool { return r < '0' || r > '9' })
		if digits < 1 || digits > 9 {
			return 0, false
		}
		n, err := strconv.Atoi(s[:digits])
		if err != nil {
			return 0, false
		}
		for len(units) > 0 && units[0].suffix != s[digits] {
			units = units[1:]
		}
		if len(units) == 0 || time.Duration(n) > most/units[0].length {
			return 0, false
		}
		if sum += time.Duration(n) * units[0].length; sum > most {
			return 0, false
		}
		units, s = units[1:], s[digits+1:]
	}
	return sum, sum > 0
}

// refuse is a 400 about a field selector.
func refuse(format string, args ...any) error {
	return apierrors.NewBadRequest("field selector: " + fmt.Sprintf(format, args...))
}
