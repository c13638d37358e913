// Package policy holds one admission policy in the form the engine takes: where
// it comes from (an AdmissionPolicy object or an annotated file of the
// baseline), what it matches, what a violation does, and its Rego compiled
// under an allow-list of builtins.
//
// The engine compiles with it, the webhook refuses AdmissionPolicy objects that
// do not compile with it, and the importer of Gatekeeper templates checks its
// output with it.
package policy
