// Package cluster waits for kube-apiserver to be there and to let this server
// in, so that a process that starts first does not crash but says what it waits
// for.
//
// It is called by cmd/tollgate.
package cluster
