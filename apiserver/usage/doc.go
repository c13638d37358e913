// Package usage serves the virtual resource usages: how much each user called
// each model over a window, and what that is estimated to cost.
//
// Numbers come from metrics in Mimir, each organization's from its own tenant.
// Rows are those of accepted projects: a series that names another organization
// or an unknown project is nobody's row. When Mimir cannot be read, each project
// still has a row, without numbers and with a condition that says why.
//
// It is called by the generic API server; cmd/tollgate wires it.
package usage
