// Package usage counts what was called, from the gateway's metrics in Mimir:
// requests and tokens by project, group, user and model over a window, and what
// they cost by a price table.
//
// The gateway's ai-statistics plugin keeps one set of counters for each route,
// upstream cluster, model and consumer, on each gateway pod:
//
//	route_upstream_model_consumer_metric_<m>{ai_route, ai_cluster, ai_model, ai_consumer}
//
// A Reader adds up their increase exactly, a series' first value included where
// it can be known to be new (docs/usage.md has the rule, its proof and its
// bounds). A window is cut into hours and days, and each piece is counted by
// itself and remembered for a tenth of its age, so that a month costs little more
// than its last hour.
//
// Costs are estimates: counters times prices. What was really spent is the
// ledger's to tell.
//
// Every query carries the tenant of the organization that was asked for, in its
// header, in its cache key and in the key under which equal queries are joined.
//
// It is called by the REST storage of usage.
package usage
