package limits

import (
	"context"
	"math/rand/v2"
	"sync"
	"time"

	"k8s.io/klog/v2"

	"tollgate.dev/tollgate/controller/resets"
	"tollgate.dev/tollgate/metering/ledger"
	"tollgate.dev/tollgate/metering/terms"
)

const (
	// checkEvery is how often a ledger is asked whether it still has what was
	// written: how long an emptied Redis refuses everything.
	checkEvery = 2 * time.Second
	// maxBackoff bounds the pause after failures, and with it how long a Redis
	// that came back waits for its limits.
	maxBackoff = 5 * time.Second
	minBackoff = 250 * time.Millisecond

	checkTimeout = 3 * time.Second
	writeTimeout = 30 * time.Second

	// complainEvery is how often one lasting failure is logged.
	complainEvery = time.Minute
	// namedProblems is how many budgets that cannot be written one write names
	// in the log; the Projects' conditions name them too.
	namedProblems = 10
)

// key names an organization's place in a ledger.
type key struct{ ledger, organization string }

// worker keeps one organization's limits in one ledger.
type worker struct {
	key
	to       Ledger
	slots    chan struct{} // of the ledger: bounds what goes on there at once
	compiler *terms.Compiler
	observer Observer
	resets   Resets
	now      func() time.Time

	kick chan struct{}
	mu   sync.Mutex
	want target

	// Of the goroutine that runs it.
	state     state
	failures  int
	complaint time.Time
	// started and decided are the requests of which this process has recorded
	// that, until the informers show it.
	started, decided resets.Request
}

// set tells what the ledger should have.
func (w *worker) set(t target) {
	w.mu.Lock()
	same := w.want.gone == t.gone && w.want.reset.Same(t.reset) && sameNodes(w.want.nodes, t.nodes)
	w.want = t
	w.mu.Unlock()
	if same {
		return
	}
	select {
	case w.kick <- struct{}{}:
	default: // it will look anyway
	}
}

func (w *worker) target() target {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.want
}

// run works until ctx is done, or the organization is gone and its limits are
// removed.
func (w *worker) run(ctx context.Context) {
	for {
		want := w.target()
		err := w.step(ctx, want)
		if ctx.Err() != nil || err == nil && want.gone {
			return
		}
		timer := time.NewTimer(w.pause(err))
		select {
		case <-ctx.Done():
		case <-w.kick:
		case <-timer.C:
		}
		timer.Stop()
		if ctx.Err() != nil {
			return
		}
	}
}

// pause returns how long to wait after a step. It is jittered, so that the
// organizations of a ledger that comes back do not arrive together.
func (w *worker) pause(err error) time.Duration {
	if err == nil {
		w.failures = 0
		return jitter(checkEvery)
	}
	w.failures++
	return jitter(min(maxBackoff, minBackoff<<min(w.failures-1, 10)))
}

func jitter(d time.Duration) time.Duration {
	return time.Duration((0.75 + 0.5*rand.Float64()) * float64(d))
}

// step looks once and writes if it must.
func (w *worker) step(ctx context.Context, want target) error {
	select {
	case w.slots <- struct{}{}:
		defer func() { <-w.slots }()
	case <-ctx.Done():
		return ctx.Err()
	}
	if err := w.keep(ctx, want); err != nil {
		return err
	}
	return w.reset(ctx, want)
}

// keep writes the limits if the ledger does not have them.
func (w *worker) keep(ctx context.Context, want target) error {
	cause := w.state.local(want, w.now())
	if cause == "" {
		generation, err := w.check(ctx)
		if err != nil {
			w.state.away = true
			return err
		}
		if cause = w.state.remote(generation, w.now()); cause == "" {
			return nil
		}
	}
	return w.write(ctx, want, cause, nil)
}

// check asks for the newest generation in the ledger.
func (w *worker) check(ctx context.Context) (int64, error) {
	ctx, cancel := context.WithTimeout(ctx, checkTimeout)
	defer cancel()
	generation, err := w.to.Generation(ctx, w.organization)
	if err != nil {
		w.observer.Checked(w.organization, w.ledger, err)
		w.complain(ctx, "asking the ledger whether it has the limits", err)
	}
	return generation, err
}

func (w *worker) write(ctx context.Context, want target, cause Cause, ended []ledger.Reset) error {
	ctx, cancel := context.WithTimeout(ctx, writeTimeout)
	defer cancel()
	written, err := Write(ctx, w.to, w.compiler, w.organization, want.nodes, ended, w.now())
	w.observer.Wrote(w.organization, w.ledger, cause, written, err)
	if err != nil {
		w.state.owed = cause
		w.complain(ctx, "writing limits; budgets keep what the ledger has", err)
		return err
	}
	w.state.wrote(want, written.Generation, w.now())
	log := klog.FromContext(ctx).WithValues("organization", w.organization, "ledger", w.ledger)
	if cause == Overwritten {
		log.Info("somebody else wrote limits of this organization; do two installations share a ledger?")
	}
	log.Info("wrote limits", "cause", cause, "budgets", written.Nodes, "removed", written.Removed, "generation", written.Generation)
	for i, p := range written.Problems {
		if i == namedProblems {
			log.Info("further budgets cannot be written", "count", len(written.Problems)-i)
			break
		}
		log.Error(p.Err, "a budget cannot be written; the ledger keeps what it had", "path", p.Path)
	}
	return nil
}

// complain logs a failure that is new, or has lasted for another while.
func (w *worker) complain(ctx context.Context, what string, err error) {
	if w.failures > 0 && w.now().Sub(w.complaint) < complainEvery {
		return
	}
	w.complaint = w.now()
	klog.FromContext(ctx).Error(err, what, "organization", w.organization, "ledger", w.ledger)
}
