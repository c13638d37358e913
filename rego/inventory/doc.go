// Package inventory holds what policies know about the cluster: a Builder that
// is told of objects as they come and go, and an Inventory, an immutable
// snapshot that the engine evaluates with.
//
// An Inventory is a read-only storage.Store of OPA. It serves two trees:
//
//	data.inventory     whole objects in Gatekeeper's shape, only of the kinds
//	                   that some policy asks for (Builder.Whole)
//	data.tollgate      projections: what the baseline asks about the cluster, as
//	                   maps keyed for ground look-ups (data.tollgate.route["acme/web"])
//
// Each projection is a small file of its own. Most of them say which entries
// one object adds to which documents; type index keeps the entries of all
// objects together as text (see codec), touches only what changed, and makes
// OPA's values of them when they are read: kept for every object they would be
// most of the heap.
// Documents that only the directory of tenants can answer (host_owner) are
// computed when they are read, too.
//
// The webhook and the audit feed a Builder from informers, `tollgate review`
// from files; the engine reads.
package inventory
