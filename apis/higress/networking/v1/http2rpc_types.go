package v1

import (
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
)

// Http2Rpc maps HTTP requests to a Dubbo service. An Ingress names it in an
// annotation. Higress reads it only in its own namespace.
//
// +kubebuilder:object:root=true
// +kubebuilder:subresource:status
// +kubebuilder:resource:path=http2rpcs,singular=http2rpc,scope=Namespaced,categories=higress-io
// +kubebuilder:metadata:annotations="helm.sh/resource-policy=keep"
type Http2Rpc struct {
	metav1.TypeMeta `json:",inline"`
	// +optional
	metav1.ObjectMeta `json:"metadata,omitempty"`

	// Spec is the mapping: dubbo or grpc.
	// +optional
	Spec Http2RpcSpec `json:"spec,omitempty"`

	// Status is opaque; Higress writes none.
	// +optional
	// +kubebuilder:pruning:PreserveUnknownFields
	// +kubebuilder:validation:Type=object
	Status *runtime.RawExtension `json:"status,omitempty"`
}

// Http2RpcSpec is the mapping: one of dubbo and grpc.
type Http2RpcSpec struct {
	// Dubbo service.
	// +optional
	Dubbo *DubboService `json:"dubbo,omitempty"`
	// GRPC service. Higress does nothing with it.
	// +optional
	GRPC *GRPCService `json:"grpc,omitempty"`
}

// DubboService is the Dubbo service that answers.
type DubboService struct {
	// Service is the interface's name.
	// +optional
	Service string `json:"service,omitempty"`
	// Version of the service.
	// +optional
	Version string `json:"version,omitempty"`
	// Group of the service.
	// +optional
	Group string `json:"group,omitempty"`
	// Methods that are mapped.
	// +optional
	Methods []Method `json:"methods,omitempty"`
}

// Method maps requests to one method of the service.
type Method struct {
	// ServiceMethod is the method's name.
	// +optional
	ServiceMethod string `json:"serviceMethod,omitempty"`
	// HeadersAttach lists headers that become attachments; * for all.
	// +optional
	HeadersAttach string `json:"headersAttach,omitempty"`
	// HTTPPath of the requests.
	// +optional
	HTTPPath string `json:"httpPath,omitempty"`
	// HTTPMethods of the requests.
	// +optional
	HTTPMethods []string `json:"httpMethods,omitempty"`
	// Params of the method.
	// +optional
	Params []Param `json:"params,omitempty"`
	// ParamFromEntireBody takes the whole body as the one parameter.
	// +optional
	ParamFromEntireBody *BodyParam `json:"paramFromEntireBody,omitempty"`
}

// Param says where one parameter comes from.
type Param struct {
	// ParamSource is where the parameter comes from: QUERY, HEADER, PATH or BODY.
	// +optional
	ParamSource string `json:"paramSource,omitempty"`
	// ParamKey is its name there.
	// +optional
	ParamKey string `json:"paramKey,omitempty"`
	// ParamType is its type in Java.
	// +optional
	ParamType string `json:"paramType,omitempty"`
}

// BodyParam is a parameter made of the whole body.
type BodyParam struct {
	// ParamType is its type in Java.
	// +optional
	ParamType string `json:"paramType,omitempty"`
}

// GRPCService has no fields.
type GRPCService struct{}

// Http2RpcList is a list of mappings.
//
// +kubebuilder:object:root=true
type Http2RpcList struct {
	metav1.TypeMeta `json:",inline"`
	// +optional
	metav1.ListMeta `json:"metadata,omitempty"`
	Items           []Http2Rpc `json:"items"`
}
