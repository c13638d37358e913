package ledger

import (
	"context"
	"time"

	"github.com/redis/go-redis/v9"

	"tollgate.dev/tollgate/metering/money"
)

// sentinel is a member of every shared key, so that none of them ever empties
// and vanishes. No id, path or calendar id is equal to it.
const sentinel = "-"

// Observer is told of every call: its name ("reserve", "settle", "nodes", ...),
// its outcome ("granted", "refused", "error", ...) and how long it took,
// retries included. It must be safe for concurrent use.
type Observer interface {
	Observe(op, outcome string, took time.Duration)
}

// Option configures a Ledger.
type Option func(*Ledger)

// WithObserver has every call observed.
func WithObserver(o Observer) Option {
	return func(l *Ledger) { l.observer = o }
}

// Ledger speaks the ledger's protocol to one Redis: single, behind Sentinel,
// or a Cluster. It is safe for concurrent use.
type Ledger struct {
	client   redis.UniversalClient
	observer Observer
}

// New returns a ledger on client. The client stays the caller's to close.
func New(client redis.UniversalClient, opts ...Option) *Ledger {
	l := &Ledger{client: client}
	for _, o := range opts {
		o(l)
	}
	return l
}

// Reservation asks for a hold.
type Reservation struct {
	// ID names the request, 8 to 128 bytes, unique per organization.
	ID string
	// Path is the user who pays: four labels.
	Path Path
	// Amount is the most that the request is expected to cost, in nano-USD.
	Amount money.Amount
	// TTL is how long the hold may stay without being settled, 1 ms to 600 s.
	TTL time.Duration
}

// NoLimit is the remaining amount of a level without a limit.
const NoLimit money.Amount = -1

// Grant is a hold that was made.
type Grant struct {
	Amount   money.Amount
	Deadline time.Time
	// Windows are the starts of the windows that hold it, from the
	// organization down.
	Windows [4]time.Time
	// Remaining is what is left at each level, from the organization down,
	// never below 0; NoLimit where there is no limit.
	Remaining [4]money.Amount
}

// Reserve promises r.Amount at the four nodes of r.Path, or at none.
func (l *Ledger) Reserve(ctx context.Context, r Reservation) (Grant, error) {
	return Grant{}, ctx.Err()
}

// Settle turns a hold into what the request cost and returns what was charged.
func (l *Ledger) Settle(ctx context.Context, id string, path Path, actual money.Amount) (money.Amount, error) {
	return 0, ctx.Err()
}

// Record adds spend that has no hold.
func (l *Ledger) Record(ctx context.Context, id string, path Path, actual money.Amount) error {
	return ctx.Err()
}

// NextGeneration begins a new application and returns its generation.
func (l *Ledger) NextGeneration(ctx context.Context, org string) (int64, error) {
	return 0, ctx.Err()
}

// Apply writes limits and calendars.
func (l *Ledger) Apply(ctx context.Context, org string, a Application) error {
	return ctx.Err()
}

// Swept counts what one Sweep did.
type Swept struct {
	Expired   int // holds charged in full
	Forgotten int // tombstones and expired holds whose time is over
}

// Sweep charges the holds whose deadline has passed and forgets what may be
// forgotten, until nothing is due.
func (l *Ledger) Sweep(ctx context.Context, org string) (Swept, error) {
	return Swept{}, ctx.Err()
}
