// Package objects keeps what Tollgate's processes know of Organizations,
// Projects and PriceTables: informers on kube-apiserver, and immutable
// snapshots computed from them.
//
// It waits for custom resource definitions that are not there yet, and goes on
// with what it last saw while kube-apiserver is away. It talks to the API by
// group and version, so it needs no discovery.
//
// It is called by cmd/tollgate, which hands its snapshots to the REST storages and
// to the controllers.
package objects
