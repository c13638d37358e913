package balance

import (
	"context"
	"errors"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"
	"k8s.io/klog/v2"

	"tollgate.dev/tollgate/metering/ledger"
)

const (
	// DefaultTimeout bounds what one answer waits for ledgers.
	DefaultTimeout = 3 * time.Second
	// parallel is how many organizations one ledger is asked for at once.
	parallel = 8
	// suspectFor is how long a ledger that failed to answer is given a shorter
	// deadline, so that the pages of a long list do not each wait in full.
	suspectFor = 5 * time.Second
	// suspectTimeout is that deadline; a ledger that is well answers in time.
	suspectTimeout = 300 * time.Millisecond
)

// Fetcher asks ledgers. It is safe for concurrent use.
type Fetcher struct {
	ledgers Ledgers
	timeout time.Duration
	now     Clock

	mu     sync.Mutex
	failed map[string]time.Time // by ledger: when it last did not answer
}

// NewFetcher returns a fetcher that waits for ledgers at most timeout.
func NewFetcher(ledgers Ledgers, timeout time.Duration, now Clock) *Fetcher {
	return &Fetcher{ledgers: ledgers, timeout: timeout, now: now, failed: map[string]time.Time{}}
}

// Users lists the users of organizations in parallel, in the order given. It
// takes at most half of the time, so that some is left for amounts.
func (f *Fetcher) Users(ctx context.Context, orgs []Organization) []Users {
	ctx, cancel := context.WithTimeout(ctx, f.timeout/2)
	defer cancel()
	out := make([]Users, len(orgs))
	each(orgs, func(i int) {
		out[i].Organization = orgs[i]
		out[i].Err = f.ask(ctx, orgs[i], func(ctx context.Context, r Reader) (err error) {
			out[i].Paths, err = r.Users(ctx, orgs[i].Name)
			return err
		})
	})
	return out
}

// Nodes reads nodes of organizations in parallel, in the order given.
func (f *Fetcher) Nodes(ctx context.Context, wants []Want) []Got {
	orgs := make([]Organization, len(wants))
	for i, w := range wants {
		orgs[i] = w.Organization
	}
	out := make([]Got, len(wants))
	each(orgs, func(i int) {
		var views []ledger.NodeView
		out[i].Err = f.ask(ctx, wants[i].Organization, func(ctx context.Context, r Reader) (err error) {
			views, err = r.Nodes(ctx, wants[i].Organization.Name, wants[i].Paths)
			return err
		})
		if out[i].Err == nil {
			out[i].Views = views
		}
	})
	return out
}

// each calls do for every organization. Ledgers do not wait for each other: one
// that hangs must not take the time of the others.
func each(orgs []Organization, do func(i int)) {
	queues := map[string]*errgroup.Group{}
	for _, o := range orgs {
		if queues[o.Ledger] == nil {
			queues[o.Ledger] = &errgroup.Group{}
			queues[o.Ledger].SetLimit(parallel)
		}
	}
	var all sync.WaitGroup
	for name, queue := range queues {
		all.Go(func() {
			for i, o := range orgs {
				if o.Ledger == name {
					queue.Go(func() error { do(i); return nil })
				}
			}
			_ = queue.Wait() // no function fails: each notes its own error
		})
	}
	all.Wait()
}

// ask calls a ledger within the deadline.
func (f *Fetcher) ask(ctx context.Context, org Organization, call func(context.Context, Reader) error) *Unavailable {
	reader, ok := f.ledgers.Ledger(org.Ledger)
	if !ok {
		return unknownLedger(org)
	}
	timeout, level := f.timeout, klog.Level(0)
	suspect := f.suspect(org.Ledger)
	if suspect {
		timeout, level = min(timeout, suspectTimeout), 2 // its first failure was logged
	}
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	hurried := inHurry(ctx, f.timeout)
	err := call(ctx, reader)
	if err == nil {
		f.note(org.Ledger, time.Time{})
		return nil
	}
	why := explain(org, err)
	// Only what a ledger did with enough time counts against it: a caller who
	// went away or was in a hurry must not take amounts from everybody else, and
	// a failure within the shorter deadline must not make itself last.
	if why.Reason == ReasonLedgerUnreachable && !suspect && (ctx.Err() == nil || !hurried && !errors.Is(ctx.Err(), context.Canceled)) {
		f.note(org.Ledger, f.now())
	}
	klog.V(level).InfoS("reading the ledger failed", "err", err, "organization", org.Name, "ledger", org.Ledger)
	return why
}

// inHurry tells whether a context leaves a ledger much less than its time.
func inHurry(ctx context.Context, timeout time.Duration) bool {
	deadline, ok := ctx.Deadline()
	return ok && time.Until(deadline) < timeout/3
}

func (f *Fetcher) suspect(name string) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	at, ok := f.failed[name]
	return ok && f.now().Sub(at) < suspectFor
}

// note remembers when a ledger failed; the zero time means that it answered.
func (f *Fetcher) note(name string, failed time.Time) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if failed.IsZero() {
		delete(f.failed, name)
		return
	}
	f.failed[name] = failed
}
