package balance

import (
	"context"
	"time"

	"tollgate.dev/tollgate/metering/ledger"
)

// Reader is the read side of one ledger. Both calls are one
// round trip for a page of a list.
type Reader interface {
	// Nodes returns one view per path, in the order of paths.
	Nodes(ctx context.Context, org string, paths []ledger.Path) ([]ledger.NodeView, error)
	// Users returns the users who are listed or have ever reserved, sorted.
	Users(ctx context.Context, org string) ([]ledger.Path, error)
}

// Ledgers finds a ledger by the name that Organization.spec.ledger gives.
type Ledgers interface {
	// Ledger returns false for a name that this server was not given.
	Ledger(name string) (Reader, bool)
}

// Organization is whose ledger is asked.
type Organization struct {
	Name, Ledger string
}

// Users are the users of one organization, or why they are not known.
type Users struct {
	Organization Organization
	Paths        []ledger.Path
	Err          *Unavailable
}

// Want is what one organization's ledger is asked for.
type Want struct {
	Organization Organization
	Paths        []ledger.Path
}

// Got answers a Want: views in the order of its paths, or why there are none.
type Got struct {
	Views []ledger.NodeView
	Err   *Unavailable
}

// Clock returns the time; tests set it.
type Clock func() time.Time
