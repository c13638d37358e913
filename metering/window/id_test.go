package window_test

import (
	"errors"
	"testing"
	"time"

	"pgregory.net/rapid"

	"tollgate.dev/tollgate/metering/window"
)

func TestParseID(t *testing.T) {
	tests := []struct {
		name, id string
		want     error
	}{
		{name: "days", id: "Daily@UTC"},
		{name: "weeks", id: "Weekly/Monday@Asia/Tokyo"},
		{name: "months", id: "Monthly/15@Europe/Berlin"},
		{name: "a total", id: "Total"},
		{name: "a long zone", id: "Weekly/Wednesday@America/Argentina/ComodRivadavia"},
		{name: "nothing", id: "", want: window.ErrID},
		{name: "no zone", id: "Daily", want: window.ErrID},
		{name: "an empty zone", id: "Daily@", want: window.ErrZone},
		{name: "an unknown zone", id: "Daily@Europe/Bärlin", want: window.ErrZone},
		{name: "the host's zone", id: "Daily@Local", want: window.ErrZone},
		{name: "a total with a zone", id: "Total@UTC", want: window.ErrID},
		{name: "an unknown period", id: "Hourly@UTC", want: window.ErrID},
		{name: "days with an anchor", id: "Daily/1@UTC", want: window.ErrID},
		{name: "weeks without one", id: "Weekly@UTC", want: window.ErrID},
		{name: "an unknown weekday", id: "Weekly/monday@UTC", want: window.ErrID},
		{name: "day 0", id: "Monthly/0@UTC", want: window.ErrID},
		{name: "day 32", id: "Monthly/32@UTC", want: window.ErrID},
		{name: "a day written otherwise", id: "Monthly/015@UTC", want: window.ErrID},
		{name: "a space", id: "Monthly/ 1@UTC", want: window.ErrID},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			c, err := window.ParseID(tt.id)
			if !errors.Is(err, tt.want) {
				t.Fatalf("ParseID(%q) = %v, want %v", tt.id, err, tt.want)
			}
			if err == nil && c.ID() != tt.id {
				t.Errorf("ParseID(%q).ID() = %q", tt.id, c.ID())
			}
		})
	}
}

func TestZone(t *testing.T) {
	for _, name := range []string{"UTC", "Etc/GMT+12", "Asia/Tokyo", "America/Argentina/ComodRivadavia", "EST5EDT"} {
		if z, err := window.Zone(name); err != nil || z.String() != name {
			t.Errorf("Zone(%q) = %v, %v", name, z, err)
		}
	}
	refused := []string{
		"", "Local", "localtime", "posixrules", "right/UTC", "posix/UTC", "Factory", "Europe/Bonn", "Europe", "Europe/",
		"/etc/passwd", "../UTC", "Europe/../UTC", "Europe/Berlin ", "Europe\\Berlin", "Europe/Berlin\n", "tzdata.zi", "+01:00", "EST5EDT,M3.2.0,M11.1.0",
	}
	for _, name := range refused {
		if z, err := window.Zone(name); !errors.Is(err, window.ErrZone) {
			t.Errorf("Zone(%q) = %v, %v; want ErrZone", name, z, err)
		}
	}
}

// Ids are fields of a Redis hash, and the ledger takes at most 64 printable
// characters without a space.
func TestIDsAreShortPrintableAndParseable(t *testing.T) {
	names := zones(t)
	rapid.Check(t, func(t *rapid.T) {
		c := calendars(names).Draw(t, "calendar")
		id := c.ID()
		if len(id) > 64 {
			t.Fatalf("%q has %d characters", id, len(id))
		}
		for i := range len(id) {
			if id[i] <= ' ' || id[i] > '~' {
				t.Fatalf("%q holds %q", id, id[i])
			}
		}
		back, err := window.ParseID(id)
		if err != nil || back.ID() != id {
			t.Fatalf("ParseID(%q) = %q, %v", id, back.ID(), err)
		}
		now := instants().Draw(t, "now")
		if back.Window(now) != c.Window(now) {
			t.Fatalf("%q read back gives %v at %s, want %v", id, back.Window(now), now, c.Window(now))
		}
	})
}

func FuzzParseID(f *testing.F) {
	for _, id := range []string{"Daily@UTC", "Weekly/Monday@Asia/Tokyo", "Monthly/15@Europe/Berlin", "Total", "Monthly/99@UTC", "@", "Daily@../../etc/passwd"} {
		f.Add(id, int64(1_795_000_000))
	}
	f.Fuzz(func(t *testing.T, id string, unix int64) {
		c, err := window.ParseID(id)
		if err != nil {
			return
		}
		if c.ID() != id {
			t.Errorf("ParseID(%q).ID() = %q", id, c.ID())
		}
		now := time.Unix(unix%4_102_444_800, 0)
		if w := c.Window(now); w.Start.After(now) && c.Period != window.Total || !w.End.IsZero() && !w.End.After(now) {
			t.Errorf("%s: the window %v does not hold %s", id, w, now)
		}
	})
}
