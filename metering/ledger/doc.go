// Package ledger keeps, in Redis, who has been promised and who has spent how
// much, per budget node and window, exact to the nano-dollar under
// concurrency, retries, crashes and clock steps.
//
// A request reserves at its four nodes (organization, project, group, user) in
// one round trip before it goes out, and settles in one after. What a gateway
// that died has promised is charged by [Ledger.Sweep]; what Redis lost, or was
// never reserved, is added by [Ledger.Record]. Limits and calendars are
// written by [Ledger.Apply], so enforcement needs no controller that is up.
// [Ledger.Users] and [Ledger.Nodes] are the read side of `kubectl get budgets`.
//
// Every answer is decided by one Lua script that is idempotent by request id.
// The layout and the protocol, precise enough for a guard in another language,
// are in docs/ledger.md.
//
// It is called by the aggregated API server (read side), the controller (apply
// and sweep) and the demo's traffic generator (reserve and settle).
package ledger
