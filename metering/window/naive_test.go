package window_test

import (
	"archive/zip"
	"os/exec"
	"path/filepath"
	"sort"
	"strings"
	"testing"
	"time"
	_ "time/tzdata"

	"tollgate.dev/tollgate/metering/window"
)

// zones returns the names of the tz database that comes with Go and load here.
func zones(tb testing.TB) []string {
	tb.Helper()
	root, err := exec.Command("go", "env", "GOROOT").Output()
	if err != nil {
		tb.Fatalf("finding Go's own files: %v", err)
	}
	db, err := zip.OpenReader(filepath.Join(strings.TrimSpace(string(root)), "lib", "time", "zoneinfo.zip"))
	if err != nil {
		tb.Fatalf("reading the list of time zones that comes with Go: %v", err)
	}
	defer db.Close()
	var names []string
	for _, f := range db.File {
		if strings.HasSuffix(f.Name, "/") {
			continue
		}
		if _, err := window.Zone(f.Name); err == nil {
			names = append(names, f.Name)
		}
	}
	if len(names) < 400 {
		tb.Fatalf("only %d time zones load", len(names))
	}
	sort.Strings(names)
	return names
}

func zone(tb testing.TB, name string) *time.Location {
	tb.Helper()
	z, err := window.Zone(name)
	if err != nil {
		tb.Fatal(err)
	}
	return z
}

// naive finds the starts of windows by looking at a clock on the wall of the
// zone, minute by minute, and writing down when a date that is an anchor, or
// one after it, is seen for the first time. It returns those that lie between
// from and until. It shares nothing with the package but the meaning.
func naive(c window.Calendar, from, until time.Time) []time.Time {
	date := func(t time.Time) time.Time {
		y, m, d := t.In(c.Location).Date()
		return time.Date(y, m, d, 0, 0, 0, 0, time.UTC)
	}
	// From a day before, so that the latest date seen so far is known.
	t := from.Add(-26 * time.Hour).Truncate(time.Minute)
	seen := date(t)
	var starts []time.Time
	for ; !t.After(until); t = t.Add(time.Minute) {
		if !date(t).After(seen) {
			continue
		}
		first := t.Add(-59 * time.Second)
		for !date(first).After(seen) {
			first = first.Add(time.Second)
		}
		begins := false
		for d := seen.AddDate(0, 0, 1); !d.After(date(first)); d = d.AddDate(0, 0, 1) {
			begins = begins || isAnchor(c, d)
			seen = d
		}
		if begins && !first.Before(from) {
			starts = append(starts, first.UTC())
		}
	}
	return starts
}

func isAnchor(c window.Calendar, d time.Time) bool {
	switch c.Period {
	case window.Daily:
		return true
	case window.Weekly:
		return d.Weekday() == c.Weekday
	case window.Monthly:
		lastOfMonth := d.AddDate(0, 0, 1).Day() == 1
		return d.Day() == c.DayOfMonth || lastOfMonth && d.Day() < c.DayOfMonth
	}
	return false
}
