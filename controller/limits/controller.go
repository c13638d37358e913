package limits

import (
	"context"
	"sync"
	"time"

	"tollgate.dev/tollgate/controller/resets"
	"tollgate.dev/tollgate/metering/terms"
	"tollgate.dev/tollgate/tenancy"
)

// perLedger is how many organizations of one ledger are read or written at
// once: enough to be quick, too few to be felt by requests.
const perLedger = 4

// Source says who owns what.
type Source interface {
	// Snapshot returns the newest snapshot; one without organizations before
	// the objects have been read.
	Snapshot() *tenancy.Directory
	// Changed returns a channel that is closed when there is a newer snapshot
	// than the one that Snapshot returns after this call.
	Changed() <-chan struct{}
}

// Ledgers finds ledgers by the name that Organizations give.
type Ledgers interface {
	// Ledger returns a ledger; false when the process was not given one of
	// that name.
	Ledger(name string) (Ledger, bool)
}

// Observer is told what happens. It must be safe for concurrent use.
type Observer interface {
	// Wrote is called after each attempt to write.
	Wrote(organization, ledger string, cause Cause, w Written, err error)
	// Checked is called when a ledger could not be asked for what it has.
	Checked(organization, ledger string, err error)
	// Forgot is called when an organization is gone from a ledger.
	Forgot(organization, ledger string)
}

// Resets records what becomes of requests to end windows; resets.Recorder does.
type Resets interface {
	Record(ctx context.Context, q resets.Request, v *resets.Verdict) error
}

// Config is what a Controller needs; all of it.
type Config struct {
	Source   Source
	Ledgers  Ledgers
	Observer Observer
	Resets   Resets
	// Now is time.Now.
	Now func() time.Time
}

// Controller keeps the limits of all organizations in their ledgers.
type Controller struct {
	Config
	compiler *terms.Compiler
	slots    map[string]chan struct{} // by ledger
	workers  map[key]*worker
	ended    chan *worker
}

// New returns a controller that does nothing before Run.
func New(c Config) *Controller {
	return &Controller{
		Config: c, compiler: terms.NewCompiler(),
		slots: map[string]chan struct{}{}, workers: map[key]*worker{}, ended: make(chan *worker),
	}
}

// Run works until ctx is done, and returns when all its calls have ended. Call
// it once.
func (c *Controller) Run(ctx context.Context) {
	var running sync.WaitGroup
	defer running.Wait()
	for {
		changed := c.Source.Changed() // before the snapshot, or a change between the two would be missed
		for _, w := range c.assign(c.Source.Snapshot()) {
			running.Go(func() {
				w.run(ctx)
				select {
				case c.ended <- w:
				case <-ctx.Done():
				}
			})
		}
		select {
		case <-ctx.Done():
			return
		case <-changed:
		case w := <-c.ended:
			// Its organization may be back: the next assignment starts anew.
			delete(c.workers, w.key)
			c.Observer.Forgot(w.organization, w.ledger)
		}
	}
}

// assign tells each organization's worker what its ledger should have, and
// returns the workers that are new. An organization whose ledger is unknown has
// none: its status says so.
func (c *Controller) assign(d *tenancy.Directory) []*worker {
	var fresh []*worker
	current := make(map[key]bool, len(c.workers))
	for _, o := range d.Organizations() {
		k := key{ledger: o.Organization.Spec.Ledger.Name, organization: o.Name()}
		to, ok := c.Ledgers.Ledger(k.ledger)
		if !ok {
			continue
		}
		current[k] = true
		w, ok := c.workers[k]
		if !ok {
			w = c.newWorker(k, to)
			c.workers[k] = w
			fresh = append(fresh, w)
		}
		w.set(target{nodes: Nodes(d, o), reset: resets.Of(o.Organization)})
	}
	for k, w := range c.workers {
		if !current[k] {
			w.set(target{gone: true})
		}
	}
	return fresh
}

func (c *Controller) newWorker(k key, to Ledger) *worker {
	slots, ok := c.slots[k.ledger]
	if !ok {
		slots = make(chan struct{}, perLedger)
		c.slots[k.ledger] = slots
	}
	return &worker{
		key: k, to: to, slots: slots, compiler: c.compiler, observer: c.Observer, resets: c.Resets, now: c.Now,
		kick: make(chan struct{}, 1),
	}
}
