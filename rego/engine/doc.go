// Package engine judges reviews by policies. It holds one immutable snapshot of
// compiled policies and inventory behind an atomic pointer: policies compile
// aside and are swapped, readers never wait.
//
// Every policy is compiled on its own and evaluated on its own, with one
// converted review shared by all. So a policy that changes costs one small
// compilation, one that fails or loops is answered by itself, and the duration
// of each is known. Policies that do not match a review are not evaluated at
// all.
//
// Errors of builtins (a division by zero, a number that is none) make a Rego v1
// policy fail: were they undefined, as Rego has it by default, a condition that
// should refuse would silently not. Rego v0 policies keep the default, because
// Gatekeeper's templates rely on it.
//
// The admission pipeline, `tollgate review` and the audit call it.
package engine
