// Command build puts the real components into bin/: kube-apiserver, kube-controller-manager, kubectl, etcd, Mimir, Prometheus and
// Redis. A suitable program of the machine's own ($KUBEBUILDER_ASSETS, $PATH) is used through a launcher; what is missing is built
// from the modules under hack/, or fetched (Redis), after a look at free disk and memory, with a line of progress every few seconds.
//
//	go run ./hack/build [-force] [-bin DIR] NAME...
//
// Called by make build.
package main
