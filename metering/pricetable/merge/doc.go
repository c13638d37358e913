// Package merge brings an imported price list into a PriceTable and shows what
// that would change.
//
// History stays priced as it was: a changed price becomes a new entry that
// begins at the import's effective date, and the old one stays. A model with a
// manual override is never touched. A model that the list no longer names is
// kept and reported, unless pruning is asked for.
//
// It is called by the price commands.
package merge
