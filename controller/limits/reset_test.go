package limits

import (
	"fmt"
	"testing"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"tollgate.dev/tollgate/apis/tollgate/v1alpha1"
	"tollgate.dev/tollgate/controller/resets"
)

const total = "acme.chat@1970-01-01T00:00:00Z" // the window of a Total budget

// TestResetLeavesTotal has a budget whose window never ends get another period.
func TestResetLeavesTotal(t *testing.T) {
	t.Parallel()
	c := newCluster(t)
	c.start()
	c.reserve("request-1", 5)
	c.change(func() { c.budget = &v1alpha1.Budget{Limit: "20", Period: v1alpha1.Monthly} })
	c.eventually("the period waits", func() error {
		if v := c.view("acme.chat"); v.Next == nil {
			return fmt.Errorf("%+v", v)
		}
		return nil
	})
	c.held("before the reset", "acme.chat", 5)
	c.ask(total)
	done := c.recorded(resets.ReasonDone)
	if want := total + ": the window of acme.chat since 1970-01-01T00:00:00Z was ended with 0.00 spent and 0.000000005 held"; done.Message != want || done.Status != metav1.ConditionTrue {
		t.Errorf("%+v, want the message %q", done, want)
	}
	if v := c.view("acme.chat"); v.Next != nil || v.WindowEnd.IsZero() || v.Held != 0 {
		t.Errorf("after the reset: %+v", v)
	}
	c.held("another level", "acme", 5)
	c.held("another level", "acme.chat.eng.ann", 5)
}

// TestAResetIsDoneOnce tries to have the window that follows end as well: by
// leaving the annotation, starting anew, and emptying Redis, whose next window
// has the start of the one that was reset.
func TestAResetIsDoneOnce(t *testing.T) {
	t.Parallel()
	c := newCluster(t)
	stop := c.start()
	c.reserve("request-1", 5)
	c.ask(total)
	c.recorded(resets.ReasonDone)
	c.held("after the reset", "acme.chat", 0)
	c.reserve("request-2", 3)
	c.limit("21")
	c.held("the annotation stays", "acme.chat", 3)
	stop()
	stop = c.start()
	c.limit("22")
	c.held("the controller starts anew", "acme.chat", 3)

	if err := c.flush(); err != nil {
		t.Fatal(err)
	}
	c.reserve("request-3", 4)
	c.limit("23")
	stop()
	c.start()
	c.limit("24")
	if v := c.view("acme.chat"); v.WindowStart.Unix() != 0 || v.Held != 4 {
		t.Errorf("Redis came back empty, with a window of the start that was reset: %+v", v)
	}

	// Without the annotation it may be asked for anew.
	c.change(func() { c.org.Annotations = nil })
	c.recorded("")
	c.ask(total)
	c.recorded(resets.ReasonDone)
	c.held("asked for anew", "acme.chat", 0)
}

// TestACrashBetweenResetAndRecord has the controller die when the window has
// ended and nobody knows.
func TestACrashBetweenResetAndRecord(t *testing.T) {
	t.Parallel()
	c := newCluster(t)
	stop := c.start()
	c.reserve("request-1", 5)
	c.change(func() { c.refuses[resets.ReasonDone] = true })
	c.ask(total + ", acme@1970-01-01T00:00:00Z")
	c.recorded(resets.ReasonStarted)
	c.eventually("the windows end", func() error {
		if a, b := c.view("acme.chat"), c.view("acme"); a.Held != 0 || b.Held != 0 {
			return fmt.Errorf("%s and %s held", a.Held, b.Held)
		}
		return nil
	})
	c.reserve("request-2", 3)
	stop()
	c.change(func() { c.refuses[resets.ReasonDone] = false })
	c.start()
	if done := c.recorded(resets.ReasonDone); done.Message != total+", acme@1970-01-01T00:00:00Z: "+
		"the window of acme.chat since 1970-01-01T00:00:00Z is over; the window of acme since 1970-01-01T00:00:00Z is over" {
		t.Errorf("%+v", done)
	}
	c.held("the next window", "acme.chat", 3)
	c.held("the next window", "acme", 3)
}

// TestAnOldObjectResetsNothing has informers that are late: what was decided of
// the newest object must not be done again by the one before.
func TestAnOldObjectResetsNothing(t *testing.T) {
	t.Parallel()
	c := newCluster(t)
	stop := c.start()
	c.reserve("request-1", 5)
	stop()
	c.ask(total)
	c.unseen(func() { c.org.Annotations = nil })
	c.start()
	c.eventually("it is tried", func() error {
		c.mu.Lock()
		defer c.mu.Unlock()
		if c.tried[resets.ReasonStarted] < 2 {
			return fmt.Errorf("%v", c.tried)
		}
		return nil
	})
	c.held("an old object asks", "acme.chat", 5)
	c.change(func() {})
	c.limit("21")
	c.held("nobody asks", "acme.chat", 5)
	c.recorded("")
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.tried[resets.ReasonDone] > 0 {
		t.Errorf("%v", c.tried)
	}
}

// TestRefusedResets asks for what cannot be, each time in the same words for
// good: nothing happens later either.
func TestRefusedResets(t *testing.T) {
	t.Parallel()
	c := newCluster(t)
	c.start()
	c.reserve("request-1", 5)
	const example = "write PATH@START, such as acme.chat@2026-11-01T00:00:00Z, where START is the budget's status.windowStart; a comma between two"
	for _, tt := range []struct{ name, text, why string }{
		{"no start", "acme.chat", `"acme.chat" is no window: ` + example},
		{"a path that is none", "acme..chat@1970-01-01T00:00:00Z", `"acme..chat": not a budget path of one to four DNS labels such as acme.chat.engineers.alice: ` + example},
		{"a start that is none", "acme.chat@yesterday", `"yesterday" is no start of a window: ` + example},
		{"somebody else's", "globex@1970-01-01T00:00:00Z", "globex is no budget of acme: an Organization resets its own"},
		{"twice", total + "," + total, "acme.chat is named twice"},
		{"unknown", "acme.search@1970-01-01T00:00:00Z", "acme.search is not known to the ledger"},
		{"not the open window", "acme.chat@2026-11-01T00:00:00Z", "acme.chat has a window since 1970-01-01T00:00:00Z open, not one since 2026-11-01T00:00:00Z"},
		{"one of two", total + ", acme.search@1970-01-01T00:00:00Z", "acme.search is not known to the ledger"},
	} {
		c.ask(tt.text)
		want := tt.text + ": " + tt.why + "; nothing was reset. Remove the annotation, or change it to ask anew"
		c.eventually(tt.name, func() error {
			if got := c.recorded(resets.ReasonRefused); got.Message != want || got.Status != metav1.ConditionFalse {
				return fmt.Errorf("%s: %q, want %q", got.Status, got.Message, want)
			}
			return nil
		})
		c.held(tt.name, "acme.chat", 5)
	}
}
