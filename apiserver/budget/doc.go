// Package budget serves the virtual resource budgets: what each project, group
// and user may spend in the window that is open now, and what they have spent.
//
// Rows come from the directory of Organizations and Projects; the ledger adds
// amounts, the limit in force, and users who live on their group's default.
// Selectors and paging are applied before the ledger is asked where they can
// be, so that a page costs Redis a page.
//
// It is called by the generic API server; cmd/tollgate wires it.
package budget
