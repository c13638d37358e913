// Package traffic stands in for the gateway in the demo and in tests, until the
// gateway's guards exist: simulated users of the cluster's Projects call
// simulated models. Each request is paid as the guards will pay it, with a hold in
// the ledger before and a settlement after, and is counted as the gateway's
// ai-statistics plugin counts, in metrics that a real agent scrapes.
//
// Nothing here talks to a model. Some clients disconnect, some providers fail, and
// where little money is left a client asks for less, so that small budgets run
// down to the last nano-dollar.
//
// Called by hack/demo.
package traffic
