// Package controller tests `tollgate controller` as a cluster meets it: the real
// binary, as the service account of manifests/controller, at a real
// kube-apiserver, writing to real Redis.
//
// It has tests only.
package controller
