package ledger

import (
	"fmt"
	"time"

	"github.com/redis/go-redis/v9"
)

// Observer is told of every call: its name ("reserve", "settle", "record",
// "apply", "sweep", "nodes", "paths"), its outcome (the script's answer, "ok"
// for reads, or "error") and how long it took, retries included. It must be
// safe for concurrent use.
type Observer interface {
	Observe(op, outcome string, took time.Duration)
}

// Option configures a Ledger.
type Option func(*Ledger)

// WithObserver has every call observed.
func WithObserver(o Observer) Option {
	return func(l *Ledger) { l.observer = o }
}

// WithPatience bounds, with the retries, a call whose context has no deadline.
// The default is 10 seconds.
func WithPatience(d time.Duration) Option {
	return func(l *Ledger) { l.patience = d }
}

const (
	defaultPatience = 10 * time.Second
	// recordedFor is how long a recorded id is remembered, so that a repeat is not
	// counted again. (A settled id is remembered until a minute after its hold's
	// deadline.)
	recordedFor = time.Minute
)

// Ledger speaks the ledger's protocol to one Redis (7.0 or newer): single,
// behind Sentinel, or a Cluster. It is safe for concurrent use.
type Ledger struct {
	client    redis.UniversalClient
	observer  Observer
	scripts   scripts
	patience  time.Duration
	tombstone time.Duration // recordedFor; longer in tests that repeat later
	// clock replaces Redis's in tests: milliseconds since 1970.
	clock func() int64
}

// New returns a ledger on client. The client stays the caller's to close. Its
// own retries do not apply to the scripts; give it ContextTimeoutEnabled so
// that a call ends with its context.
func New(client redis.UniversalClient, opts ...Option) *Ledger {
	l := &Ledger{
		client:    client,
		scripts:   newScripts(),
		patience:  defaultPatience,
		tombstone: recordedFor,
	}
	for _, o := range opts {
		o(l)
	}
	return l
}

// observe tells the observer of a call that began at start.
func (l *Ledger) observe(op, outcome string, start time.Time) {
	if l.observer != nil {
		l.observer.Observe(op, outcome, time.Since(start))
	}
}

// checkOrg refuses what is not an organization's name.
func checkOrg(org string) error {
	p, err := ParsePath(org)
	if err != nil || p.Level() != Organization {
		return fmt.Errorf("organization %q: %w", org, ErrPath)
	}
	return nil
}
