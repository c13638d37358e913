// Package engine judges reviews by policies. It holds one immutable snapshot of
// compiled policies and inventory behind an atomic pointer: policies compile
// aside and are swapped, readers never wait.
//
// Every policy is evaluated on its own, with one converted review shared by
// all, and a user's policy is compiled on its own. So a policy that changes
// costs one small compilation, one that fails or loops is answered by itself,
// and the duration of each is known; it costs some microseconds per policy.
// The policies of the baseline are compiled together and remember, within one
// review, what their libs computed. Policies that do not match a review are not
// evaluated at all, nor are those of the baseline whose rules all begin with a
// condition that is known not to hold.
//
// What bounds a policy: its timeout, looked at every few steps; a goroutine
// that is left behind when a builtin does not look at the time; the growth of
// the heap while a slow evaluation runs; how many results and how much text it
// may yield; and a breaker, which stops waiting for a policy after three
// timeouts in a row and probes it aside, briefly at first: for the organization
// whose reviews timed out, and for everybody when it happens to several.
//
// Errors of builtins (a division by zero, a number that is none) make a Rego v1
// policy fail: were they undefined, as Rego has it by default, a condition that
// should refuse would silently not. Rego v0 policies keep the default, because
// Gatekeeper's templates rely on it.
//
// The admission pipeline, `tollgate review` and the audit call it.
package engine
