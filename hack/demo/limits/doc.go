// Package limits writes the limits of Organizations and Projects to the ledger,
// as the controller will: when a spec changes, when Redis comes back empty, and
// now and then because window boundaries ahead run out. It stands in for the
// controller in the demo and in tests, and has neither leader election nor status.
//
// Called by hack/demo.
package limits
