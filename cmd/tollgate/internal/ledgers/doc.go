// Package ledgers opens the Redis servers that keep organizations' budgets,
// each under the name by which Organization.spec.ledger speaks of it.
//
// Addresses come from --ledger NAME=URL, passwords from a file or the
// environment; neither is ever shown in an object, a log line or an error.
//
// It is called by cmd/tollgate.
package ledgers
