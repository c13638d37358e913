// Package webhook tests `tollgate webhook` as a cluster has it: replicas of the
// built program, a real kube-apiserver that calls them by the configurations of
// manifests/webhook, and users with every right, so that admission alone decides.
package webhook
