package ledger

import (
	"time"

	"tollgate.dev/tollgate/metering/money"
)

// NodeView is a node as it stands now. A stored window that has ended without
// being used since is shown as the window that is open now, with nothing spent
// or held in it.
type NodeView struct {
	Path Path
	// Applied says that the node is listed: it has terms of its own.
	Applied bool
	// Terms are those in force in the window: the node's own, or those of its
	// group's default when it is a user who is not listed. Terms.Calendar is ""
	// when the node has none, neither of its own nor by default.
	Terms
	// Next are the terms that follow at WindowEnd, nil when nothing changes.
	Next *Terms
	// DefaultTerms are a group's terms for users who are not listed, nil when
	// there are none.
	DefaultTerms *Terms
	// WindowStart names the window; WindowEnd is when it resets, zero when it
	// never does (a Total calendar). Both are zero when the node has no terms
	// and no open window.
	WindowStart, WindowEnd time.Time
	// BoundariesEnd is the last boundary written ahead for the calendar that
	// follows this window, zero when it never ends or is not known. Reserves
	// are refused from then on.
	BoundariesEnd time.Time
	// Spent and Held are nano-USD in the window.
	Spent, Held money.Amount
	// FirstUse and LastUse (kept to the minute) are zero when never used.
	FirstUse, LastUse time.Time
	// Err is a *CorruptError that names the key when what Redis holds for this
	// node (or the group or calendar it depends on) is not what the ledger
	// wrote, or a *NoWindowError. Amounts and window are then not known; other
	// nodes are not affected.
	Err error
}
