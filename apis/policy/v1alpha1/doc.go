// Package v1alpha1 holds the virtual resources of the group policy.tollgate.dev:
// PolicyViolation for objects in a namespace and ClusterPolicyViolation for
// others. They are stored nowhere: the aggregated API server judges what exists
// now by the policies as they are now when they are read. They can be got and
// listed. Field comments are the text of `kubectl explain`.
//
// +k8s:deepcopy-gen=package
// +k8s:openapi-gen=true
// +k8s:openapi-model-package=dev.tollgate.policy.v1alpha1
// +groupName=policy.tollgate.dev
package v1alpha1
