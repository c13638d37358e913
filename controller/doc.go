// Package controller is the floor of Tollgate's reconcilers: what a spec says
// becomes what other systems hold. Package limits writes budgets to the ledger,
// package status says in objects whether they count.
//
// Each is told of changes by a source of snapshots, so that neither knows an
// informer; cmd/tollgate wires them into `tollgate controller`, whose leader
// runs them.
package controller
