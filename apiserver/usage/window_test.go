package usage

import (
	"strings"
	"testing"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
)

func TestWindows(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 11, 20, 12, 34, 56, 789, time.UTC)
	for _, tt := range []struct {
		name, length, since, until string
		now                        time.Time
		want                       string // since until
		refused                    []string
	}{
		{name: "this month", want: "2026-11-01T00:00:00Z 2026-11-20T12:34:45Z"},
		{name: "first second of a month", now: time.Date(2026, 12, 1, 0, 0, 0, 5, time.UTC), want: "2026-12-01T00:00:00Z 2026-12-01T00:00:01Z"},
		{name: "another zone, other month", now: time.Date(2026, 12, 1, 0, 30, 0, 0, time.FixedZone("", 3600)), want: "2026-11-01T00:00:00Z 2026-11-30T23:30:00Z"},
		{name: "an hour", length: "1h", want: "2026-11-20T11:34:45Z 2026-11-20T12:34:45Z"},
		{name: "hour", length: "hour", want: "2026-11-20T11:34:45Z 2026-11-20T12:34:45Z"},
		{name: "day", length: "day", want: "2026-11-19T12:34:45Z 2026-11-20T12:34:45Z"},
		{name: "week", length: "week", want: "2026-11-13T12:34:45Z 2026-11-20T12:34:45Z"},
		{name: "month", length: "month", want: "2026-10-21T12:34:45Z 2026-11-20T12:34:45Z"},
		{name: "30d", length: "30d", want: "2026-10-21T12:34:45Z 2026-11-20T12:34:45Z"},
		{name: "units together", length: "1w2d3h4m5s", want: "2026-11-11T09:30:40Z 2026-11-20T12:34:45Z"},
		{name: "since ago", since: "90m", want: "2026-11-20T11:04:45Z 2026-11-20T12:34:45Z"},
		{name: "since a time", since: "2026-11-19T01:00:00+02:00", want: "2026-11-18T23:00:00Z 2026-11-20T12:34:45Z"},
		{name: "since a moment ago", since: "2026-11-20T12:34:50Z", want: "2026-11-20T12:34:50Z 2026-11-20T12:34:51Z"},
		{name: "since and until ago", since: "2d", until: "1d", want: "2026-11-18T12:34:45Z 2026-11-19T12:34:45Z"},
		{name: "until alone", until: "2026-10-05T00:00:00Z", want: "2026-10-01T00:00:00Z 2026-10-05T00:00:00Z"},
		{name: "until a month's start", until: "2026-11-01T00:00:00Z", want: "2026-10-01T00:00:00Z 2026-11-01T00:00:00Z"},
		{name: "until a year's start", until: "2026-01-01T00:00:00Z", want: "2025-12-01T00:00:00Z 2026-01-01T00:00:00Z"},
		{name: "until a month's start, as an age", until: "1h", now: time.Date(2026, 11, 1, 1, 0, 3, 0, time.UTC), want: "2026-10-01T00:00:00Z 2026-11-01T00:00:00Z"},
		{name: "until a month's start that is now", until: "2026-12-01T00:00:00Z", now: time.Date(2026, 12, 1, 0, 0, 0, 0, time.UTC), want: "2026-11-01T00:00:00Z 2026-12-01T00:00:00Z"},
		{name: "until in the future, first second of a month", until: "2027-01-01T00:00:00Z", now: time.Date(2026, 12, 1, 0, 0, 0, 5, time.UTC), want: "2026-12-01T00:00:00Z 2026-12-01T00:00:01Z"},
		{name: "until in the future", since: "1h", until: "2027-01-01T00:00:00Z", want: "2026-11-20T11:34:45Z 2026-11-20T12:34:56Z"},

		{name: "window with since", length: "1h", since: "2h", refused: []string{"window", "since"}},
		{name: "window with until", length: "1h", until: "2h", refused: []string{"window", "until"}},
		{name: "no unit", length: "5", refused: []string{"window=5", "90m, 24h, 7d"}},
		{name: "negative", length: "-1h", refused: []string{"window=-1h"}},
		{name: "zero", length: "0h", refused: []string{"window=0h"}},
		{name: "units the wrong way round", length: "1m1h", refused: []string{"window=1m1h"}},
		{name: "unit twice", length: "1h1h", refused: []string{"window=1h1h"}},
		{name: "fraction", length: "1.5h", refused: []string{"window=1.5h"}},
		{name: "huge", length: "999999999w", refused: []string{"window=999999999w"}},
		{name: "beyond int64", length: "99999999999999999999h", refused: []string{"window"}},
		{name: "too long", length: "367d", refused: []string{"366 days"}},
		{name: "too far back", since: "2024-01-01T00:00:00Z", refused: []string{"366 days"}},
		{name: "since in the future", since: "2026-11-20T12:35:00Z", refused: []string{"since=2026-11-20T12:35:00Z", "future"}},
		{name: "since after until", since: "1h", until: "2h", refused: []string{"since=1h", "until=2h"}},
		{name: "since is until", since: "1h", until: "1h", refused: []string{"since=1h", "until=1h"}},
		{name: "a date", since: "2026-11-01", refused: []string{"since=2026-11-01", "RFC 3339"}},
		{name: "year 1", since: "0001-01-01T00:00:00Z", refused: []string{"since"}},
		{name: "rubbish", until: "yesterday", refused: []string{"until=yesterday", "RFC 3339"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			at := now
			if !tt.now.IsZero() {
				at = tt.now
			}
			w, err := parseWindow(tt.length, tt.since, tt.until, at)
			if (err != nil) != (tt.refused != nil) {
				t.Fatalf("error %v", err)
			}
			for _, part := range tt.refused {
				if !apierrors.IsBadRequest(err) || !strings.Contains(err.Error(), part) {
					t.Errorf("%v is no 400 that says %q", err, part)
				}
			}
			if got := w.since.Format(time.RFC3339) + " " + w.until.Format(time.RFC3339); err == nil && got != tt.want {
				t.Errorf("got %s, want %s", got, tt.want)
			}
		})
	}
}

func FuzzWindow(f *testing.F) {
	f.Add("1h", "", "")
	f.Add("", "90m", "2026-11-01T00:00:00Z")
	f.Add("", "2026-11-01T00:00:00+14:00", "1d12h")
	f.Fuzz(func(t *testing.T, length, since, until string) {
		now := time.Date(2026, 3, 1, 0, 0, 7, 0, time.UTC)
		w, err := parseWindow(length, since, until, now)
		if err != nil {
			if !apierrors.IsBadRequest(err) {
				t.Fatalf("%v is not a 400", err)
			}
			return
		}
		if !w.since.Before(w.until) || w.until.Sub(w.since) > longest || w.since.After(now) || w.since.Nanosecond() != 0 || w.until.Nanosecond() != 0 {
			t.Fatalf("%q %q %q became %v", length, since, until, w)
		}
	})
}

func FuzzPinned(f *testing.F) {
	for _, s := range []string{"1788220800-1788224400", "0-1", "", "-", "1-", "-1--1", "9223372036854775807-9223372036854775807", "+1-+2"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		now := time.Date(2026, 3, 1, 0, 0, 7, 0, time.UTC)
		w, err := parsePinned(text, now)
		if err != nil {
			if !apierrors.IsBadRequest(err) {
				t.Fatalf("%v is not a 400", err)
			}
			return
		}
		if !w.since.Before(w.until) || w.until.Sub(w.since) > longest || w.until.After(now.Add(skew)) {
			t.Fatalf("%q became %v", text, w)
		}
		if again, err := parsePinned(w.String(), now); err != nil || again != w {
			t.Fatalf("%v is read as %v, %v", w, again, err)
		}
	})
}

func TestSparkline(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name, want string
		hours      []int64
	}{
		{name: "nothing asked", want: ""},
		{name: "nothing used", hours: []int64{0, 0}, want: "··"},
		{name: "scale", hours: []int64{0, 1, 50, 99, 100}, want: "·▁▅██"},
		{name: "one", hours: []int64{1}, want: "█"},
		{name: "huge", hours: []int64{1 << 62, 1}, want: "█▁"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			if got := sparkline(tt.hours); got != tt.want {
				t.Errorf("got %s, want %s", got, tt.want)
			}
		})
	}
}

func TestShortNumbers(t *testing.T) {
	t.Parallel()
	for n, want := range map[int64]string{
		0: "0", 999: "999", 1000: "1.0k", 12_345: "12.3k", 99_999: "99.9k", 100_000: "100k", 999_999: "999k",
		4_500_000: "4.5M", 1_000_000_000: "1.0G", 1<<63 - 1: "9.2E",
	} {
		if got := short(n); got != want {
			t.Errorf("%d: got %s, want %s", n, got, want)
		}
	}
}
