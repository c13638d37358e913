// Command demo runs Tollgate with everything around it on this machine: etcd, kube-apiserver, kube-controller-manager, Redis, Mimir, a
// Prometheus agent, tollgate apiserver, tollgate controller and tollgate webhook, with the CRDs, RBAC, APIService and examples of
// manifests/ applied, and with what a platform has beside them (platform/): an older customer, a model provider with its guards.
//
//	go run ./hack/demo up       start it, or repair it when it runs; prints what to try
//	go run ./hack/demo status   what runs, where, and where its log is
//	go run ./hack/demo down     stop everything and remove .demo
//
// One background process, the supervisor, owns all others: it restarts what dies and ends everything when it is told to, and if it is
// killed itself the kernel ends the rest. Everything listens on free loopback ports and writes below .demo.
//
// Called by make demo and make demo-down.
package main
