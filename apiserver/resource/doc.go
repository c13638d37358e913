// Package resource is what the storages of virtual resources have in common: how
// a resource is called, and the part of a list call that is read alike for all.
// What a resource is made of, and how it is read, is each storage's own.
//
// It is embedded by the storages of budgets, organizationbudgets, usages and
// policy violations.
package resource
