package limits

import (
	"time"

	"tollgate.dev/tollgate/controller/resets"
	"tollgate.dev/tollgate/metering/terms"
)

// Cause says why limits are written.
type Cause string

// The causes.
const (
	// Started: this process has not written the organization's limits yet.
	Started Cause = "Started"
	// Changed: an object says something else.
	Changed Cause = "Changed"
	// Deleted: the organization is gone, or has another ledger now.
	Deleted Cause = "Deleted"
	// Lost: the ledger does not have what was written, or was away and may
	// have lost it.
	Lost Cause = "Lost"
	// Overwritten: somebody else wrote limits of the organization.
	Overwritten Cause = "Overwritten"
	// Reset: a platform administrator asked for windows to end.
	Reset Cause = "Reset"
	// Refreshed: it was long ago; boundaries ahead are written anew.
	Refreshed Cause = "Refreshed"
)

const (
	// refreshAfter is when limits are written although nothing seems to have
	// changed. It repairs what was lost unseen and moves the boundaries ahead.
	refreshAfter = 10 * time.Minute
	// yield is the least time between two writes because of somebody else's: two
	// installations on one ledger must not answer each other at once.
	yield = 30 * time.Second
)

// target is what an organization's ledger should have.
type target struct {
	nodes []terms.Node
	// reset is what the organization asks for.
	reset resets.Request
	// gone: the organization no longer has this ledger; the rest is empty.
	gone bool
}

// state is what one worker knows of its organization's ledger.
type state struct {
	nodes      []terms.Node
	generation int64
	at         time.Time
	// owed is the cause of a write that failed; "" when none did.
	owed Cause
	// away: the ledger did not answer since the last write.
	away bool
}

// local returns the cause to write for which the ledger need not be asked; ""
// when there is none.
func (s *state) local(want target, now time.Time) Cause {
	switch {
	case want.gone:
		return Deleted
	case s.at.IsZero():
		return Started
	case !sameNodes(s.nodes, want.nodes):
		return Changed
	case s.owed != "":
		return s.owed
	case s.away:
		return Lost
	case now.Sub(s.at) >= refreshAfter:
		return Refreshed
	}
	return ""
}

// remote returns the cause to write for which the ledger was asked: its newest
// generation is not the one that was written.
func (s *state) remote(generation int64, now time.Time) Cause {
	switch {
	case generation < s.generation:
		return Lost
	case generation > s.generation && now.Sub(s.at) >= yield:
		return Overwritten
	}
	return ""
}

// wrote notes a write.
func (s *state) wrote(want target, generation int64, now time.Time) {
	*s = state{nodes: want.nodes, generation: generation, at: now}
}
