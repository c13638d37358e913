// Package resets ends budget windows early because a platform administrator
// asks for it: what may be asked, whether it can be done, and how the answer is
// recorded.
//
// A reset gives a budget its money again, so it is asked for on the Organization,
// which tenants do not write, and it names the window that is to end. Each
// request is decided once. The condition Reset of the Organization says what
// became of it, and keeps it from being done again when the controller starts
// anew, or when Redis lost the window and opens another of the same start.
//
// controller/limits, which alone writes to the ledger, asks this package what to
// do; `tollgate controller` wires Recorder to kube-apiserver.
package resets
