// Package promql builds PromQL expressions out of typed parts.
//
// Only this package can make an Expr, and text from outside reaches one in two
// ways alone: as a label value, through the matchers, which quote it, and as a
// Name, which NewName checks. So no name of a tenant, model or pod can change
// what a query asks for. Every operation puts its result in parentheses, so
// precedence never matters.
//
// It is called by metering/usage.
package promql
