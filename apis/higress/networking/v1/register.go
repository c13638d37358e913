package v1

import (
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
)

// GroupName is the API group of Higress's own networking objects.
const GroupName = "networking.higress.io"

// GroupVersion is the group and version of every type in this package.
func GroupVersion() schema.GroupVersion {
	return schema.GroupVersion{Group: GroupName, Version: "v1"}
}

// AddToScheme registers the types of this package, their lists and the
// options that every API call may carry.
func AddToScheme(s *runtime.Scheme) error {
	s.AddKnownTypes(GroupVersion(), &McpBridge{}, &McpBridgeList{}, &Http2Rpc{}, &Http2RpcList{})
	metav1.AddToGroupVersion(s, GroupVersion())
	return nil
}
