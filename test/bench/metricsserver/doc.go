// Command metricsserver measures a list of 10,000 budgets beside a list of as
// many PodMetrics of metrics-server, each from a generic API server of this
// process behind the same authentication, authorization, priority and fairness,
// over TLS and HTTP/2 as plain JSON. Metrics-server answers from its memory;
// budgets are read from a real Redis for every list.
//
// It is a module of its own, so that metrics-server's dependencies do not reach
// the product's. It is run by hack/bench.
package main
