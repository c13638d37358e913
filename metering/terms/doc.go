// Package terms turns the budgets of Organizations and Projects into what the
// ledger keeps: limits in nano-USD, and the calendars that cut time into
// windows, with their boundaries ahead.
//
// What the specs leave out is filled in here: no budget means counted by
// calendar month in UTC and not limited. What a CustomResourceDefinition cannot
// check (is this a time zone?) is checked here, and a node whose budget is wrong
// is left out of what is written: it keeps the terms that it has, and one that
// never had any refuses.
//
// controller/limits calls Compiler.Application
// and Removed to write limits; the aggregated API server calls Compiler.Compile
// and Diff to say whether the ledger has what the spec wants.
package terms
