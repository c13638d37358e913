// Package clustertest gives tests the real components of hack/cluster, each with ports and a folder of its own, ended when the test
// is. Under -short a test that asks for one is skipped; otherwise a missing program fails the test and names the command that
// builds it.
//
// Called by tests of every package that talks to Redis, Mimir or a Kubernetes API server.
package clustertest
