// Package complete treats objects as kube-apiserver does before and after
// admission, without one: unknown fields are dropped, defaults filled in, the
// kind's own validation applied. Policies then see in a file what the webhook
// sees in the cluster.
//
// Custom resources go through the API server's own packages with the
// definitions that are given; built-in kinds through their Go types. It is
// called by tollgate review.
package complete
