// Command admission compares engines of admission policies on the same
// AdmissionReviews: Tollgate's, Gatekeeper's (its client with its Rego driver and
// its target for Kubernetes, and the driver alone), the API server's own CEL,
// and Kyverno's. Verdicts are proven equal before anything is timed.
//
// Each engine runs in a process of its own, on one core, and they take turns:
// none pays for another's heap. Processor time is compared, of all threads, so
// that a garbage collector is paid for by whom it serves. All are this program,
// started again with the engine's name, but for Kyverno, whose dependencies
// exclude OPA's (see the module kyverno).
package main
