// Package load asks a server as a number of clients do, each of which has one
// request under way at a time, as kubectl, a controller and a write that
// kube-apiserver has held up for a webhook have: as fast as they can, to find
// out what the server can do, or at a rate below it, to see how long answers
// take then.
//
// How long a request took is counted twice. From when it was due: when the
// server stands still, what should have been sent meanwhile waits, and its
// waiting counts, as wrk2 has it. And from when it was sent, as most load
// generators have it: what a client that waits for its answers sees of the
// server.
//
// Called by test/bench/list and test/bench/admission.
package load
