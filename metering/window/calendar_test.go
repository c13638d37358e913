package window_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"tollgate.dev/tollgate/metering/window"
)

func at(tb testing.TB, s string) time.Time {
	tb.Helper()
	t, err := time.Parse(time.RFC3339, s)
	if err != nil {
		tb.Fatal(err)
	}
	return t.UTC()
}

func TestBoundaries(t *testing.T) {
	tests := []struct {
		name     string
		calendar window.Calendar
		zone     string
		from     string
		until    string
		want     []string
	}{
		{
			name: "days of 23 and 25 hours", calendar: window.Calendar{Period: window.Daily}, zone: "Europe/Berlin",
			from: "2026-03-28T12:00:00Z", until: "2026-03-29T22:00:00Z",
			want: []string{"2026-03-27T23:00:00Z", "2026-03-28T23:00:00Z", "2026-03-29T22:00:00Z", "2026-03-30T22:00:00Z"},
		},
		{
			name: "a skipped midnight", calendar: window.Calendar{Period: window.Daily}, zone: "America/Sao_Paulo",
			from: "2018-11-03T12:00:00Z", until: "2018-11-04T12:00:00Z",
			want: []string{"2018-11-03T03:00:00Z", "2018-11-04T03:00:00Z", "2018-11-05T02:00:00Z"},
		},
		{
			name: "a skipped midnight in Beirut", calendar: window.Calendar{Period: window.Daily}, zone: "Asia/Beirut",
			from: "2021-03-27T12:00:00Z", until: "2021-03-28T12:00:00Z",
			want: []string{"2021-03-26T22:00:00Z", "2021-03-27T22:00:00Z", "2021-03-28T21:00:00Z"},
		},
		{
			name: "midnight twice", calendar: window.Calendar{Period: window.Daily}, zone: "America/Havana",
			from: "2018-11-04T04:30:00Z", until: "2018-11-04T12:00:00Z",
			want: []string{"2018-11-04T04:00:00Z", "2018-11-05T05:00:00Z"},
		},
		{
			name: "back to the day before, a minute after midnight", calendar: window.Calendar{Period: window.Daily}, zone: "America/St_Johns",
			from: "2006-10-29T02:45:00Z", until: "2006-10-29T12:00:00Z",
			want: []string{"2006-10-29T02:30:00Z", "2006-10-30T03:30:00Z"},
		},
		{
			name: "a date that Samoa skipped", calendar: window.Calendar{Period: window.Daily}, zone: "Pacific/Apia",
			from: "2011-12-29T12:00:00Z", until: "2011-12-30T12:00:00Z",
			want: []string{"2011-12-29T10:00:00Z", "2011-12-30T10:00:00Z", "2011-12-31T10:00:00Z"},
		},
		{
			name: "a monthly anchor on it", calendar: window.Calendar{Period: window.Monthly, DayOfMonth: 30}, zone: "Pacific/Apia",
			from: "2011-12-01T00:00:00Z", until: "2012-01-20T00:00:00Z",
			want: []string{"2011-11-30T10:00:00Z", "2011-12-30T10:00:00Z", "2012-01-29T10:00:00Z"},
		},
		{
			name: "a weekly anchor on it (a Friday)", calendar: window.Calendar{Period: window.Weekly, Weekday: time.Friday}, zone: "Pacific/Apia",
			from: "2011-12-24T00:00:00Z", until: "2012-01-01T00:00:00Z",
			want: []string{"2011-12-23T10:00:00Z", "2011-12-30T10:00:00Z", "2012-01-05T10:00:00Z"},
		},
		{
			name: "a date that Kwajalein skipped", calendar: window.Calendar{Period: window.Daily}, zone: "Pacific/Kwajalein",
			from: "1993-08-20T12:00:00Z", until: "1993-08-21T13:00:00Z",
			want: []string{"1993-08-20T12:00:00Z", "1993-08-21T12:00:00Z", "1993-08-22T12:00:00Z"},
		},
		{
			name: "the 31st is the last day of a shorter month", calendar: window.Calendar{Period: window.Monthly, DayOfMonth: 31},
			from: "2023-12-31T00:00:00Z", until: "2024-05-01T00:00:00Z",
			want: []string{"2023-12-31T00:00:00Z", "2024-01-31T00:00:00Z", "2024-02-29T00:00:00Z", "2024-03-31T00:00:00Z", "2024-04-30T00:00:00Z", "2024-05-31T00:00:00Z"},
		},
		{
			name: "the 29th in a year that is no leap year", calendar: window.Calendar{Period: window.Monthly, DayOfMonth: 29},
			from: "2025-02-10T00:00:00Z", until: "2025-03-01T00:00:00Z",
			want: []string{"2025-01-29T00:00:00Z", "2025-02-28T00:00:00Z", "2025-03-29T00:00:00Z"},
		},
		{
			name: "2100 is no leap year", calendar: window.Calendar{Period: window.Monthly, DayOfMonth: 29}, zone: "Asia/Tokyo",
			from: "2100-02-10T00:00:00Z", until: "2100-02-28T00:00:00Z",
			want: []string{"2100-01-28T15:00:00Z", "2100-02-27T15:00:00Z", "2100-03-28T15:00:00Z"},
		},
		{
			name: "months without an anchor begin on the 1st", calendar: window.Calendar{Period: window.Monthly}, zone: "America/New_York",
			from: "2026-10-15T00:00:00Z", until: "2026-12-01T00:00:00Z",
			want: []string{"2026-10-01T04:00:00Z", "2026-11-01T04:00:00Z", "2026-12-01T05:00:00Z"},
		},
		{
			name: "weeks over the turn of a year", calendar: window.Calendar{Period: window.Weekly, Weekday: time.Monday}, zone: "Asia/Kathmandu",
			from: "2025-12-28T18:15:00Z", until: "2026-01-05T00:00:00Z",
			want: []string{"2025-12-28T18:15:00Z", "2026-01-04T18:15:00Z", "2026-01-11T18:15:00Z"},
		},
		{
			name: "until on a boundary takes the window that begins there", calendar: window.Calendar{Period: window.Daily},
			from: "2026-11-20T00:00:00Z", until: "2026-11-21T00:00:00Z",
			want: []string{"2026-11-20T00:00:00Z", "2026-11-21T00:00:00Z", "2026-11-22T00:00:00Z"},
		},
		{
			name: "an offset with seconds", calendar: window.Calendar{Period: window.Daily}, zone: "Africa/Monrovia",
			from: "1971-06-01T12:00:00Z", until: "1971-06-01T12:00:00Z",
			want: []string{"1971-06-01T00:44:30Z", "1971-06-02T00:44:30Z"},
		},
		{name: "a total never ends", calendar: window.Calendar{Period: window.Total}, from: "2026-11-20T00:00:00Z", until: "2027-11-20T00:00:00Z"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			c := tt.calendar
			if tt.zone != "" {
				c.Location = zone(t, tt.zone)
			}
			var want []time.Time
			for _, s := range tt.want {
				want = append(want, at(t, s))
			}
			if diff := cmp.Diff(want, c.Boundaries(at(t, tt.from), at(t, tt.until))); diff != "" {
				t.Errorf("boundaries (-want +got):\n%s", diff)
			}
		})
	}
}

func TestStartAndEnd(t *testing.T) {
	now := at(t, "2026-11-20T11:00:00Z")
	month := window.Calendar{Period: window.Monthly}
	if got, want := month.Start(now), at(t, "2026-11-01T00:00:00Z"); !got.Equal(want) {
		t.Errorf("start %s, want %s", got, want)
	}
	if got, ok := month.End(now); !ok || !got.Equal(at(t, "2026-12-01T00:00:00Z")) {
		t.Errorf("end %s, %v", got, ok)
	}
	total := window.Calendar{Period: window.Total}
	if got := total.Start(now); got.Unix() != 0 {
		t.Errorf("a total starts at %s", got)
	}
	if got, ok := total.End(now); ok || !got.IsZero() {
		t.Errorf("a total ends at %s", got)
	}
	if got := total.TakeOver(now, now); !got.Start.Equal(now) || !got.End.IsZero() {
		t.Errorf("a total takes over with %v", got)
	}
}

func TestAhead(t *testing.T) {
	now := at(t, "2026-11-20T00:00:00Z")
	tests := []struct {
		name        string
		calendar    window.Calendar
		first, last string
		count       int
	}{
		{name: "a year of days", calendar: window.Calendar{Period: window.Daily}, first: "2026-11-19T00:00:00Z", last: "2027-11-21T00:00:00Z", count: 368},
		{name: "a year of weeks", calendar: window.Calendar{Period: window.Weekly, Weekday: time.Monday}, first: "2026-11-16T00:00:00Z", last: "2027-11-22T00:00:00Z", count: 54},
		{name: "three years of months", calendar: window.Calendar{Period: window.Monthly}, first: "2026-11-01T00:00:00Z", last: "2029-12-01T00:00:00Z", count: 38},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got := tt.calendar.Ahead(now)
			if len(got) != tt.count || !got[0].Equal(at(t, tt.first)) || !got[len(got)-1].Equal(at(t, tt.last)) {
				t.Errorf("%d boundaries from %s to %s, want %d from %s to %s", len(got), got[0], got[len(got)-1], tt.count, tt.first, tt.last)
			}
		})
	}
	if got := (window.Calendar{Period: window.Total}).Ahead(now); got != nil {
		t.Errorf("a total has the boundaries %v", got)
	}
}

func BenchmarkWindow(b *testing.B) {
	now := at(b, "2026-11-20T11:00:00Z")
	for _, id := range []string{"Daily@UTC", "Daily@Europe/Berlin", "Weekly/Monday@America/Sao_Paulo", "Monthly/31@Asia/Tokyo"} {
		c, err := window.ParseID(id)
		if err != nil {
			b.Fatal(err)
		}
		b.Run("Start/"+id, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				c.Start(now)
			}
		})
		b.Run("End/"+id, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				c.End(now)
			}
		})
	}
}
