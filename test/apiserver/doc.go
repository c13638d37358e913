// Package apiserver tests the aggregated API server as its users meet it: the
// real binary behind a real kube-apiserver, with a real Redis, through kubectl.
//
// It has tests only. UPDATE_GOLDEN=1 rewrites testdata.
package apiserver
