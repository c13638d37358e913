// Package review is the `tollgate review` command: it judges manifests as
// Tollgate's webhook would, before they reach a cluster. Its parts are packages
// of their own; this one has the flags, and joins them. It is called by
// cmd/tollgate.
package review
