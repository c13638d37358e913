// Package rig runs replicas of `tollgate webhook`, built from this tree, for a
// real kube-apiserver with the CRDs, rights and webhook configurations of
// manifests. The replicas keep their certificate in a Secret, as
// manifests/webhook/self-signed has it, unless told otherwise.
//
// A Service has no endpoints here, because there is no kubelet and no kube-proxy:
// the webhook's Service is a name for localhost, and a balancer on loopback does
// what kube-proxy does: new connections go to a replica whose readyz says so.
//
// It is called by the tests of the webhook and by whoever needs admission as in a
// cluster.
package rig
