package limits

import (
	"fmt"
	"slices"
	"testing"

	"tollgate.dev/tollgate/apis/tollgate/v1alpha1"
)

// TestCalendarsThatNobodyNeedsGo has a tenant try one time zone after the other.
// What an open window needs at its end stays.
func TestCalendarsThatNobodyNeedsGo(t *testing.T) {
	t.Parallel()
	c := newCluster(t)
	c.start()
	for _, zone := range []string{"Europe/Berlin", "Asia/Tokyo", "America/New_York"} {
		c.change(func() { c.budget = &v1alpha1.Budget{Limit: "20", Period: v1alpha1.Daily, TimeZone: zone} })
		c.limit("21")
	}
	calendars := func(want ...string) {
		t.Helper()
		c.eventually("the calendars are those that somebody needs", func() error {
			got, err := c.ledger.Calendars(t.Context(), "acme")
			if err == nil && !slices.Equal(got, want) {
				err = fmt.Errorf("%q, want %q", got, want)
			}
			return err
		})
	}
	calendars("Daily@America/New_York", "Monthly/1@UTC", "Total") // the group has no budget

	c.reserve("request-1", 5)
	york := c.view("acme.chat").Calendar
	c.change(func() { c.budget = &v1alpha1.Budget{Limit: "20", Period: v1alpha1.Monthly} })
	c.eventually("the period waits, or the day has ended", func() error {
		if v := c.view("acme.chat"); v.Next == nil && v.Calendar == york {
			return fmt.Errorf("%+v", v)
		}
		return nil
	})
	got, err := c.ledger.Calendars(t.Context(), "acme")
	v := c.view("acme.chat")
	following := v.Calendar
	if v.Next != nil {
		following = v.Next.Calendar
	}
	if err != nil || !slices.Contains(got, following) || !slices.Contains(got, "Total") {
		t.Errorf("%q lack %s, %v", got, following, err)
	}
}
