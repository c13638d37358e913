// Package rig runs `tollgate apiserver`, built from this tree, behind a real
// kube-apiserver with a real Redis, with the CRDs, RBAC and examples of
// manifests applied and the examples' limits written to the ledger.
//
// It is called by the tests of the aggregated API server and by benchmarks.
package rig
