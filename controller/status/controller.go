package status

import (
	"context"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/klog/v2"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"tollgate.dev/tollgate/metering/terms"
	"tollgate.dev/tollgate/tenancy"
)

const (
	// lookEvery is how often statuses are computed although no object changed:
	// a price that begins changes how many models have one.
	lookEvery = time.Minute
	// minRetry and maxRetry bound the pause after writes that failed.
	minRetry, maxRetry = time.Second, time.Minute
	// writers is how many statuses are written at once.
	writers      = 8
	writeTimeout = 10 * time.Second
)

// Source says what the objects are.
type Source interface {
	// Snapshot returns who owns what; a snapshot without objects before they
	// have been read.
	Snapshot() *tenancy.Directory
	// PriceTables returns all price tables.
	PriceTables() []PriceTable
	// Changed returns a channel that is closed when there is something newer
	// than what the other methods return after this call.
	Changed() <-chan struct{}
}

// Observer is told of each write; it must be safe for concurrent use.
type Observer interface {
	StatusWritten(kind string, err error)
}

// Config is what a Controller needs; all of it.
type Config struct {
	Source Source
	Client client.StatusClient
	// Ledger tells whether the process was given a ledger of a name.
	Ledger   func(name string) bool
	Observer Observer
	// Now is time.Now.
	Now func() time.Time
}

// Controller writes the statuses that are not as they should be.
type Controller struct {
	Config
	compiler *terms.Compiler
	mu       sync.Mutex
	sent     map[types.UID]sent
}

// sent is what was written over a version of an object. Until the informers
// show what came of it, the object looks as if nothing had been written.
type sent struct {
	version string
	update  update
}

// New returns a controller that writes nothing before Run.
func New(c Config) *Controller {
	return &Controller{Config: c, compiler: terms.NewCompiler(), sent: map[types.UID]sent{}}
}

// Run works until ctx is done. Call it once.
func (c *Controller) Run(ctx context.Context) {
	retry := minRetry
	for {
		changed := c.Source.Changed() // before the objects, or a change between the two would be missed
		pause := lookEvery
		if c.round(ctx) {
			retry = minRetry
		} else {
			pause, retry = retry, min(2*retry, maxRetry)
		}
		timer := time.NewTimer(pause)
		select {
		case <-ctx.Done():
			timer.Stop()
			return
		case <-changed:
		case <-timer.C:
		}
		timer.Stop()
	}
}

// round writes what differs, and tells whether all of it was written.
func (c *Controller) round(ctx context.Context) bool {
	updates := c.pending(c.updates())
	var group errgroup.Group
	group.SetLimit(writers)
	for _, u := range updates {
		group.Go(func() error { return c.write(ctx, u) })
	}
	return group.Wait() == nil
}

// updates computes the status of every object.
func (c *Controller) updates() []update {
	now, directory, tables := c.Now(), c.Source.Snapshot(), c.Source.PriceTables()
	names := make(map[string]bool, len(tables))
	var all []update
	for _, t := range tables {
		names[t.Object.Name] = true
		all = append(all, priceTableUpdate(t.Object, PriceTableStatus(t, now)))
	}
	known := Known{Ledger: c.Ledger, PriceTable: func(name string) bool { return names[name] }}
	for _, o := range directory.Organizations() {
		all = append(all, organizationUpdate(o.Organization, OrganizationStatus(o, known, c.compiler, now)))
	}
	for _, p := range directory.Projects("") {
		all = append(all, projectUpdate(p.Project, ProjectStatus(p, c.compiler, now)))
	}
	return all
}

// pending returns the updates that are to be written, and forgets what was sent
// to objects that have changed since.
func (c *Controller) pending(all []update) []update {
	c.mu.Lock()
	defer c.mu.Unlock()
	var updates []update
	kept := make(map[types.UID]sent)
	for _, u := range all {
		s, ok := c.sent[u.object.GetUID()]
		if ok = ok && s.version == u.object.GetResourceVersion(); ok {
			kept[u.object.GetUID()] = s
		}
		if !u.holds && !(ok && s.update.same(u)) {
			updates = append(updates, u)
		}
	}
	c.sent = kept
	return updates
}

func (c *Controller) write(ctx context.Context, u update) error {
	bounded, cancel := context.WithTimeout(ctx, writeTimeout)
	defer cancel()
	err := u.apply(bounded, c.Client)
	if apierrors.IsNotFound(err) || apierrors.IsConflict(err) {
		return nil // it is gone, or another of its name: the informers will say so
	}
	c.Observer.StatusWritten(u.kind, err)
	if err != nil {
		if ctx.Err() == nil {
			klog.FromContext(ctx).Error(err, "a status is not written; trying again")
		}
		return err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.sent[u.object.GetUID()] = sent{version: u.object.GetResourceVersion(), update: u}
	return nil
}
