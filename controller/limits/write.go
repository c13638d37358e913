package limits

import (
	"context"
	"fmt"
	"slices"
	"time"

	"tollgate.dev/tollgate/metering/ledger"
	"tollgate.dev/tollgate/metering/terms"
	"tollgate.dev/tollgate/tenancy"
)

// readPage is how many nodes are read in one round trip when looking for those
// that are no longer listed.
const readPage = 1000

// Ledger is what limits are written to; *ledger.Ledger is one.
type Ledger interface {
	Generation(ctx context.Context, org string) (int64, error)
	NextGeneration(ctx context.Context, org string) (int64, error)
	Apply(ctx context.Context, org string, a ledger.Application) error
	Nodes(ctx context.Context, org string, paths []ledger.Path) ([]ledger.NodeView, error)
	Paths(ctx context.Context, org string) ([]ledger.Path, error)
	Calendars(ctx context.Context, org string) ([]string, error)
}

// Written says what one write did.
type Written struct {
	// Generation of the application in the ledger.
	Generation int64
	// Nodes have terms now; Removed have none of their own any more.
	Nodes, Removed int
	// Problems are budgets that could not be written. The ledger keeps what it
	// had for them.
	Problems []terms.Problem
}

// Write makes the ledger have the nodes of one organization, with boundaries
// ahead of now, and no others: none at all when nodes is empty. The windows that
// are named in ended end now. It may be repeated after any error.
// *ledger.StaleError means that somebody else began to write meanwhile,
// ledger.ErrResetTooSoon that a window is in its first second.
func Write(ctx context.Context, l Ledger, c *terms.Compiler, org string, nodes []terms.Node, ended []ledger.Reset, now time.Time) (Written, error) {
	application, problems := c.Application(nodes, now)
	application.Resets = ended
	w := Written{Nodes: len(application.Nodes), Problems: problems}
	var err error
	// First of all, so that whoever begins later makes everything below stale.
	if application.Generation, err = l.NextGeneration(ctx, org); err != nil {
		return w, fmt.Errorf("writing the limits of organization %s: %w", org, err)
	}
	if application.Removed, err = unlisted(ctx, l, org, nodes); err != nil {
		return w, fmt.Errorf("looking for budgets of organization %s that are no longer listed: %w", org, err)
	}
	if application.Dropped, err = unused(ctx, l, org, application); err != nil {
		return w, fmt.Errorf("looking for calendars of organization %s that nobody needs: %w", org, err)
	}
	if err := l.Apply(ctx, org, application); err != nil {
		return w, fmt.Errorf("writing the limits of organization %s: %w", org, err)
	}
	w.Generation, w.Removed = application.Generation, len(application.Removed)
	return w, nil
}

// WriteAll writes the limits of every organization of a directory to one
// ledger, for tests and tools; a budget that cannot be written is an error.
func WriteAll(ctx context.Context, l Ledger, d *tenancy.Directory, now time.Time) error {
	c := terms.NewCompiler()
	for _, o := range d.Organizations() {
		w, err := Write(ctx, l, c, o.Name(), Nodes(d, o), nil, now)
		if err != nil {
			return err
		}
		if len(w.Problems) > 0 {
			return fmt.Errorf("budget %s: %w", w.Problems[0].Path, w.Problems[0].Err)
		}
	}
	return nil
}

// unlisted returns the nodes with terms of their own that are not among nodes.
func unlisted(ctx context.Context, l Ledger, org string, nodes []terms.Node) ([]ledger.Path, error) {
	paths, err := l.Paths(ctx, org)
	if err != nil {
		return nil, err
	}
	listed := make(map[ledger.Path]bool, len(nodes))
	for _, n := range nodes {
		listed[ledger.Path(n.Path)] = true
	}
	paths = slices.DeleteFunc(paths, func(p ledger.Path) bool { return listed[p] })
	var removed []ledger.Path
	for page := range slices.Chunk(paths, readPage) {
		views, err := l.Nodes(ctx, org, page)
		if err != nil {
			return nil, err
		}
		removed = append(removed, terms.Removed(nodes, views)...)
	}
	return removed, nil
}

// unused returns the calendars that no budget needs any more. Only if there may
// be some, all budgets are read.
func unused(ctx context.Context, l Ledger, org string, a ledger.Application) ([]string, error) {
	calendars, err := l.Calendars(ctx, org)
	if err != nil {
		return nil, err
	}
	candidates := ledger.Unused(calendars, a, nil)
	if len(candidates) == 0 {
		return nil, nil
	}
	paths, err := l.Paths(ctx, org)
	if err != nil {
		return nil, err
	}
	var views []ledger.NodeView
	for page := range slices.Chunk(paths, readPage) {
		more, err := l.Nodes(ctx, org, page)
		if err != nil {
			return nil, err
		}
		views = append(views, more...)
	}
	return ledger.Unused(candidates, a, views), nil
}
