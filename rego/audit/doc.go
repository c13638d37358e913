// Package audit judges what exists: every object that the webhook would be
// asked about, by the policies as they are now, with nobody as the requester.
// Nothing is stored but the objects themselves, as JSON; verdicts are computed
// when they are asked for, and remembered as long as the object, the policies and
// every document of the inventory that was read for them stay the same.
//
// It is filled by the informers and asked by the aggregated API server for
// policyviolations; cmd/tollgate wires both.
package audit
