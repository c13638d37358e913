// Package prices is the `tollgate prices` command: import public price lists
// into a PriceTable, show what would change, check a table, price a request.
//
// Nothing is applied to a cluster without --apply, and every command but that
// works without one. It is called by cmd/tollgate.
package prices
