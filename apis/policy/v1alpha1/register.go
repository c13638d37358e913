package v1alpha1

import (
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
)

// GroupName is the API group of violations.
const GroupName = "policy.tollgate.dev"

// GroupVersion is the group and version of every type in this package.
func GroupVersion() schema.GroupVersion {
	return schema.GroupVersion{Group: GroupName, Version: "v1alpha1"}
}

// AddToScheme registers the types of this package, their lists and the
// options that every API call may carry.
func AddToScheme(s *runtime.Scheme) error {
	s.AddKnownTypes(GroupVersion(),
		&PolicyViolation{}, &PolicyViolationList{},
		&ClusterPolicyViolation{}, &ClusterPolicyViolationList{},
	)
	metav1.AddToGroupVersion(s, GroupVersion())
	return nil
}
