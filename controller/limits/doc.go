// Package limits keeps the limits in the ledger what Organizations and Projects
// say, so that enforcement needs neither them nor this package at the moment
// of a request.
//
// Each organization has a worker of its own. It writes when a spec changes,
// when the ledger lost what was written (an empty Redis, a failover), when
// somebody else wrote, and every ten minutes, which also keeps the window
// boundaries a year ahead. A ledger that is slow or away delays its own
// organizations only; they are tried again every few seconds.
//
// Run one Controller at a time (the leader). A second one does no harm: the
// ledger refuses the older of two applications.
//
// `tollgate controller` runs Controller. Tests that need limits without one
// call Write.
package limits
