// Package cores gives the server that is measured processors of its own.
//
// A tail is the server's only when nobody else is in it: where the load
// generator, Redis and the server share two processors, the 99th percentile is
// the kernel's time slices, and the generator itself is late. In production
// they are on different machines; here they are at least on different
// processors.
//
// Called by test/bench/list and test/bench/admission.
package cores
