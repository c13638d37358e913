package follow

import (
	"context"
	"time"

	"tollgate.dev/tollgate/rego/policy"
)

// turn puts a generation's policies and its inventory in force together, and
// has its inventories follow from now on.
func (f *Follower) turn(ctx context.Context, g *generation, policies []*policy.Policy) []error {
	f.turning.Lock()
	defer f.turning.Unlock()
	start := time.Now()
	errs := f.o.Engine.Use(ctx, policies, g.builder.Build())
	if ctx.Err() != nil {
		return nil
	}
	f.built.Store(&start)
	f.mu.Lock()
	f.active, f.next = g, nil
	f.mu.Unlock()
	return errs
}

// inventories builds an inventory when objects changed.
func (f *Follower) inventories(ctx context.Context) {
	for {
		select {
		case <-ctx.Done():
			return
		case <-f.objects:
		}
		f.build()
		select {
		case <-ctx.Done():
			return
		case <-time.After(settle):
		}
	}
}

// build puts the inventory of now in force.
func (f *Follower) build() {
	f.turning.Lock() // an inventory by other settings may not follow theirs
	defer f.turning.Unlock()
	f.mu.Lock()
	active := f.active
	f.mu.Unlock()
	if active == nil {
		return
	}
	start := time.Now()
	f.o.Engine.UseInventory(active.builder.Build())
	f.built.Store(&start)
}
