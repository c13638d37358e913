// Package balance is what a Service with kube-proxy is in a cluster: it hands
// TCP connections to those replicas whose /readyz answers. A local control plane
// has no kube-proxy, and rolling updates without a refused request can only be
// shown where somebody follows readiness.
//
// It is called by the demo and by the tests of the webhook.
package balance
