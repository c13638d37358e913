// Package metrics counts what an operator of Tollgate's processes needs to see:
// backends and how they answer, lists and their size, what the informers know,
// what was swept.
//
// It is called by cmd/tollgate, which hands it to the parts that are observed.
package metrics
