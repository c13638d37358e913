package window_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"tollgate.dev/tollgate/metering/window"
)

func calendars(zones []string) *rapid.Generator[window.Calendar] {
	return rapid.Custom(func(t *rapid.T) window.Calendar {
		location, err := window.Zone(rapid.SampledFrom(zones).Draw(t, "zone"))
		if err != nil {
			t.Fatal(err)
		}
		c := window.Calendar{Location: location, Period: rapid.SampledFrom([]window.Period{window.Daily, window.Weekly, window.Monthly}).Draw(t, "period")}
		switch c.Period {
		case window.Weekly:
			c.Weekday = time.Weekday(rapid.IntRange(0, 6).Draw(t, "weekday"))
		case window.Monthly:
			c.DayOfMonth = rapid.OneOf(rapid.IntRange(1, 31), rapid.IntRange(28, 31)).Draw(t, "day")
		}
		return c
	})
}

// instants draws times from 1970 to 2100.
func instants() *rapid.Generator[time.Time] {
	last := time.Date(2100, 12, 31, 0, 0, 0, 0, time.UTC).Unix()
	return rapid.Map(rapid.Int64Range(0, last), func(s int64) time.Time { return time.Unix(s, 0).UTC() })
}

func TestBoundariesAgainstANaiveWalk(t *testing.T) {
	names := zones(t)
	rapid.Check(t, func(t *rapid.T) {
		c := calendars(names).Draw(t, "calendar")
		from := instants().Draw(t, "from")
		until := from.AddDate(0, 0, rapid.IntRange(1, 100).Draw(t, "days"))
		agree(t, c, from, until)
	})
}

// agree compares a calendar with the walk: every start between from and until,
// and the window that holds each of them, the second before it and after it.
func agree(t interface{ Fatalf(string, ...any) }, c window.Calendar, from, until time.Time) {
	want := naive(c, from, until)
	got := c.Boundaries(from, until)
	if !got[len(got)-1].After(until) || got[0].After(from) || len(got) > 2 && got[len(got)-2].After(until) {
		t.Fatalf("%s: boundaries %v do not just cover %s to %s", c.ID(), got, from, until)
	}
	inner := got[1 : len(got)-1]
	if got[0].Equal(from) {
		inner = got[:len(got)-1]
	}
	if diff := cmp.Diff(want, append([]time.Time(nil), inner...)); diff != "" {
		t.Fatalf("%s from %s until %s (-walk +got):\n%s", c.ID(), from, until, diff)
	}
	for i := 1; i < len(got); i++ {
		w := window.Window{Start: got[i-1], End: got[i]}
		if !w.Start.Before(w.End) {
			t.Fatalf("%s: boundaries %s and %s do not increase", c.ID(), w.Start, w.End)
		}
		middle := w.Start.Add(w.End.Sub(w.Start) / 2)
		for _, at := range []time.Time{w.Start, w.Start.Add(time.Nanosecond), middle, w.End.Add(-time.Nanosecond)} {
			if diff := cmp.Diff(w, c.Window(at)); diff != "" {
				t.Fatalf("%s: window at %s (-want +got):\n%s", c.ID(), at, diff)
			}
		}
	}
}

// Every change of the clocks near midnight in every zone since 1970, and some
// years of what the rules in force now will bring.
func TestEveryClockChangeNearMidnight(t *testing.T) {
	// Many zones share a change; it is looked at once.
	type change struct {
		at            int64
		before, after int
	}
	changes := map[change]bool{}
	for _, name := range zones(t) {
		c := window.Calendar{Period: window.Daily, Location: zone(t, name)}
		at, last := time.Unix(0, 0), time.Date(2040, 1, 1, 0, 0, 0, 0, time.UTC)
		for {
			_, next := at.In(c.Location).ZoneBounds()
			if next.IsZero() || next.After(last) {
				break
			}
			at = next
			before, after := at.Add(-time.Second).In(c.Location), at.In(c.Location)
			if !nearMidnight(before) && !nearMidnight(after) {
				continue
			}
			key := change{at: at.Unix(), before: offset(before), after: offset(after)}
			if changes[key] {
				continue
			}
			changes[key] = true
			agree(t, c, at.Add(-2*time.Hour).UTC(), at.Add(26*time.Hour).UTC())
		}
	}
	if len(changes) < 500 {
		t.Errorf("only %d changes were found", len(changes))
	}
}

func offset(t time.Time) int {
	_, seconds := t.Zone()
	return seconds
}

func nearMidnight(t time.Time) bool {
	return t.Hour() >= 22 || t.Hour() <= 1
}

// When calendars follow each other, each at the end of a window of the one
// before (or when the node is next used), no instant is in two windows, and
// none is left out while the node is used.
func TestTakeOver(t *testing.T) {
	names := zones(t)
	rapid.Check(t, func(t *rapid.T) {
		now := instants().Draw(t, "now")
		w := calendars(names).Draw(t, "first").Window(now)
		for range rapid.IntRange(1, 6).Draw(t, "changes") {
			next := calendars(names).Draw(t, "next")
			unused := time.Duration(rapid.SampledFrom([]int{0, 0, 1, 3600, 40 * 24 * 3600}).Draw(t, "seconds unused")) * time.Second
			at := w.End.Add(unused)
			got := next.TakeOver(w.End, at)
			if got.Start.Before(w.End) {
				t.Fatalf("%s takes over at %s with a window from %s: it overlaps", next.ID(), w.End, got.Start)
			}
			if unused == 0 && !got.Start.Equal(w.End) {
				t.Fatalf("%s takes over at %s with a window from %s: there is a gap", next.ID(), w.End, got.Start)
			}
			if got.Start.After(at) || !got.End.After(at) {
				t.Fatalf("%s: the window %v does not hold %s", next.ID(), got, at)
			}
			own := next.Window(at)
			if !got.End.Equal(own.End) || got.Start.Before(own.Start) {
				t.Fatalf("%s: the window %v at %s is not within the calendar's own %v", next.ID(), got, at, own)
			}
			if after := next.Window(got.End); !after.Start.Equal(got.End) {
				t.Fatalf("%s: after %v comes %v", next.ID(), got, after)
			}
			w = got
		}
	})
}
