// Package cluster runs the real components that tollgate works with as supervised child processes on loopback: etcd,
// kube-apiserver, kube-controller-manager, Redis (single, under Sentinel, as a Cluster), Mimir, cert-manager and a
// Prometheus agent.
//
// Each Start function picks free ports, starts one component in an Env, waits until it serves and returns a handle with its
// addresses. The handle's Kill, Pause, Resume, Stop and Start inject faults; a component keeps its ports and its data through all of
// them. The Env's group ends everything.
//
// Called by the demo (hack/demo), by benchmarks, and by tests through hack/cluster/clustertest.
package cluster
