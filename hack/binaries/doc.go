// Package binaries finds the programs that tests and the demo run: kube-apiserver, etcd, Redis, Mimir and their like. It uses the
// standard library only, so that the program that builds them starts at once.
//
// Called by hack/build, which fills bin/, and by hack/cluster, which runs what it finds.
package binaries
