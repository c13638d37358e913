// Package organizationbudget serves the virtual resource organizationbudgets:
// what each organization may spend in all, and what it has spent. It is apart
// from budgets because organizations are not in a namespace, and who may see
// the one need not see the other.
//
// It is called by the generic API server; cmd/tollgate wires it.
package organizationbudget
