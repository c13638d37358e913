// Package crds tests the CustomResourceDefinitions of manifests/crds: that
// kube-apiserver takes them (their CEL costs included), and which objects they
// take and refuse, with which message. Offline it uses kube-apiserver's own
// code; the rest runs against a real kube-apiserver. It has no code of its own.
package crds
