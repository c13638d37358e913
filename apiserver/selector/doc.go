// Package selector reads the label and field selectors of list calls on virtual
// resources, strictly: what is not understood is a 400 that says which part and
// what is allowed. A selector that is ignored would show a user rows that they
// did not ask for, or hide those that they did.
//
// It is called by the REST storages of budgets, organization budgets and usage,
// and by the server's scheme.
package selector
