// Package dispatch decides whether a cluster asks Tollgate's webhook about a
// request: by the rules, selectors and match conditions of the webhook's
// configurations, with kube-apiserver's own code for each of them. It is called
// by tollgate review.
package dispatch
