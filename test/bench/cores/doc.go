// Package cores gives the server that is measured processors of its own.
//
// What somebody else feels of a server is the server's doing only when they do
// not queue for one processor: in production Redis, who reserves and the
// aggregated API server are on different machines; here they are at least on
// different processors.
//
// Called by test/bench/list.
package cores
