// Package warn adds Warning headers to answers of the aggregated API server.
//
// The generic server drops a warning that holds control characters, newlines or
// bad UTF-8 without a word, and a header has room for little; so texts are made
// printable and short here first.
//
// It is called by the REST storages of budgets, organization budgets and usage.
package warn
