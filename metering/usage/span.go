package usage

import (
	"slices"
	"time"
)

const (
	hour = time.Hour
	day  = 24 * time.Hour
)

// span is a half-open piece of time: after since, until until.
type span struct{ since, until time.Time }

func (s span) length() time.Duration { return s.until.Sub(s.since) }

// spans cuts a window into pieces that other windows are cut into, too: whole
// UTC days, whole hours, and what is left at its ends. No piece is longer than
// longest (hour or day), and none reaches across a cut.
func spans(since, until time.Time, cuts []time.Time, longest time.Duration) []span {
	bounds := []time.Time{since}
	for _, c := range slices.SortedFunc(slices.Values(cuts), time.Time.Compare) {
		if c.After(bounds[len(bounds)-1]) && c.Before(until) {
			bounds = append(bounds, c)
		}
	}
	bounds = append(bounds, until)
	var out []span
	for i := range len(bounds) - 1 {
		for at, end := bounds[i], bounds[i+1]; at.Before(end); {
			next := at.Add(day)
			if longest < day || !at.Truncate(day).Equal(at) || next.After(end) {
				next = at.Truncate(hour).Add(hour)
			}
			if next.After(end) {
				next = end
			}
			out = append(out, span{at, next})
			at = next
		}
	}
	return out
}

// run is spans of one length that follow each other: one range query.
type run []span

// runs joins spans, in time order, into runs.
func runs(list []span) []run {
	var out []run
	for _, s := range list {
		if n := len(out); n > 0 {
			last := out[n-1][len(out[n-1])-1]
			if last.until.Equal(s.since) && last.length() == s.length() {
				out[n-1] = append(out[n-1], s)
				continue
			}
		}
		out = append(out, run{s})
	}
	return out
}

func (r run) first() span { return r[0] }
func (r run) last() span  { return r[len(r)-1] }

// at returns the index of the span that ends at t, or -1.
func (r run) at(t time.Time) int {
	if t.Before(r.first().until) || t.After(r.last().until) {
		return -1
	}
	i := int(t.Sub(r.first().until) / r.first().length())
	if !r[i].until.Equal(t) {
		return -1
	}
	return i
}
