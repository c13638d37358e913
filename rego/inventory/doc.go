// Package inventory holds what policies know about the cluster: a Builder that
// is told of objects as they come and go, and an Inventory, an immutable
// snapshot that the engine evaluates with.
//
// An Inventory is a read-only storage.Store of OPA whose values are ast.Values
// already, so that nothing is converted while a request waits. It serves two
// trees:
//
//	data.inventory     whole objects in Gatekeeper's shape, only of the kinds
//	                   that some policy asks for (Builder.Whole)
//	data.tollgate      projections: what the baseline asks about the cluster, as
//	                   maps keyed for ground look-ups (data.tollgate.route["acme/web"])
//
// Each projection is a small file of its own. Most of them say which entries
// one object adds to which documents; type index keeps the entries of all
// objects together and touches only what changed. Documents that only the
// directory of tenants can answer (host_owner) are computed when they are read.
//
// The webhook and the audit feed a Builder from informers, `tollgate review`
// from files; the engine reads.
package inventory
