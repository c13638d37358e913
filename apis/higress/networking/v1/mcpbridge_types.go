package v1

import (
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
)

// McpBridge says which services outside Kubernetes the gateway reaches: LLM
// providers, Redis, registries. Higress reads only the object named default in
// its own namespace, so everybody shares it.
//
// +kubebuilder:object:root=true
// +kubebuilder:subresource:status
// +kubebuilder:resource:path=mcpbridges,singular=mcpbridge,scope=Namespaced,categories=higress-io
// +kubebuilder:metadata:annotations="helm.sh/resource-policy=keep"
type McpBridge struct {
	metav1.TypeMeta `json:",inline"`
	// +optional
	metav1.ObjectMeta `json:"metadata,omitempty"`

	// Spec is the registries and proxies.
	// +optional
	Spec McpBridgeSpec `json:"spec,omitempty"`

	// Status is opaque; Higress writes none.
	// +optional
	// +kubebuilder:pruning:PreserveUnknownFields
	// +kubebuilder:validation:Type=object
	Status *runtime.RawExtension `json:"status,omitempty"`
}

// McpBridgeSpec is the registries and proxies.
type McpBridgeSpec struct {
	// Proxies through which registries' services are reached.
	// +optional
	Proxies []Proxy `json:"proxies,omitempty"`

	// Registries, and single services (types static and dns).
	// +optional
	Registries []Registry `json:"registries,omitempty"`
}

// Proxy is an HTTP proxy.
type Proxy struct {
	// Type of the proxy: http.
	// +optional
	Type string `json:"type,omitempty"`
	// Name by which a registry refers to it.
	// +optional
	Name string `json:"name,omitempty"`
	// ServerAddress of the proxy.
	// +optional
	ServerAddress string `json:"serverAddress,omitempty"`
	// ServerPort of the proxy.
	// +optional
	ServerPort int `json:"serverPort,omitempty"`
	// ListenerPort in the gateway; chosen by Higress when 0.
	// +optional
	ListenerPort int `json:"listenerPort,omitempty"`
	// ConnectTimeout in milliseconds.
	// +optional
	ConnectTimeout int `json:"connectTimeout,omitempty"`
}

// Registry is a registry of services, or one service (types static and dns),
// whose host in the gateway is <name>.<type>.
type Registry struct {
	// Type: nacos, nacos2, nacos3, zookeeper, consul, eureka, static or dns.
	// +optional
	Type string `json:"type,omitempty"`
	// Name of the registry or of the service.
	// +optional
	Name string `json:"name,omitempty"`
	// Domain: host names for dns, ip:port for static, the registry's host otherwise.
	// +optional
	Domain string `json:"domain,omitempty"`
	// Port of the service or of the registry.
	// +optional
	Port int `json:"port,omitempty"`
	// Protocol of the service: tcp, http, https, http2, grpc, grpcs or dubbo.
	// +optional
	Protocol string `json:"protocol,omitempty"`
	// SNI that TLS names.
	// +optional
	SNI string `json:"sni,omitempty"`
	// ProxyName is one of spec.proxies.
	// +optional
	ProxyName string `json:"proxyName,omitempty"`
	// AuthSecretName is a Secret of Higress's namespace with the registry's login.
	// +optional
	AuthSecretName string `json:"authSecretName,omitempty"`
	// VPort maps virtual ports.
	// +optional
	VPort *VPort `json:"vport,omitempty"`
	// Metadata by key.
	// +optional
	Metadata map[string]InnerMap `json:"metadata,omitempty"`

	Nacos     `json:",inline"`
	Consul    `json:",inline"`
	Zookeeper `json:",inline"`
	MCPServer `json:",inline"`
}

// Nacos is what a registry of type nacos, nacos2 or nacos3 needs.
type Nacos struct {
	// NacosAddressServer is the address server.
	// +optional
	NacosAddressServer string `json:"nacosAddressServer,omitempty"`
	// NacosAccessKey of the login.
	// +optional
	NacosAccessKey string `json:"nacosAccessKey,omitempty"`
	// NacosSecretKey of the login.
	// +optional
	NacosSecretKey string `json:"nacosSecretKey,omitempty"`
	// NacosNamespaceId is the namespace by id.
	// +optional
	NacosNamespaceId string `json:"nacosNamespaceId,omitempty"`
	// NacosNamespace is the namespace by name.
	// +optional
	NacosNamespace string `json:"nacosNamespace,omitempty"`
	// NacosGroups of services.
	// +optional
	NacosGroups []string `json:"nacosGroups,omitempty"`
	// NacosRefreshInterval in nanoseconds.
	// +optional
	NacosRefreshInterval int64 `json:"nacosRefreshInterval,omitempty"`
}

// Consul is what a registry of type consul needs.
type Consul struct {
	// ConsulNamespace of the services.
	// +optional
	ConsulNamespace string `json:"consulNamespace,omitempty"`
	// ConsulDatacenter of the services.
	// +optional
	ConsulDatacenter string `json:"consulDatacenter,omitempty"`
	// ConsulServiceTag that services must have.
	// +optional
	ConsulServiceTag string `json:"consulServiceTag,omitempty"`
	// ConsulRefreshInterval in nanoseconds.
	// +optional
	ConsulRefreshInterval int64 `json:"consulRefreshInterval,omitempty"`
}

// Zookeeper is what a registry of type zookeeper needs.
type Zookeeper struct {
	// ZkServicesPath lists the paths of services.
	// +optional
	ZkServicesPath []string `json:"zkServicesPath,omitempty"`
}

// MCPServer is what exports MCP servers from a registry.
type MCPServer struct {
	// MCPServerExportDomains are the hosts of exported servers.
	// +optional
	MCPServerExportDomains []string `json:"mcpServerExportDomains,omitempty"`
	// MCPServerBaseURL is the path of exported servers.
	// +optional
	MCPServerBaseURL string `json:"mcpServerBaseUrl,omitempty"`
	// EnableMCPServer exports MCP servers.
	// +optional
	EnableMCPServer *bool `json:"enableMCPServer,omitempty"`
	// EnableScopeMCPServers exports those of the scope only.
	// +optional
	EnableScopeMCPServers *bool `json:"enableScopeMcpServers,omitempty"`
	// AllowMCPServers by name.
	// +optional
	AllowMCPServers []string `json:"allowMcpServers,omitempty"`
}

// InnerMap is a map of texts.
type InnerMap struct {
	// InnerMap of texts by key.
	// +optional
	InnerMap map[string]string `json:"innerMap,omitempty"`
}

// VPort maps virtual ports.
type VPort struct {
	// Default port.
	// +optional
	Default int `json:"default,omitempty"`
	// Services with a port of their own.
	// +optional
	Services []ServicePort `json:"services,omitempty"`
}

// ServicePort is the virtual port of one service.
type ServicePort struct {
	// Name of the service.
	// +optional
	Name string `json:"name,omitempty"`
	// Value is the port.
	// +optional
	Value int `json:"value,omitempty"`
}

// McpBridgeList is a list of McpBridges.
//
// +kubebuilder:object:root=true
type McpBridgeList struct {
	metav1.TypeMeta `json:",inline"`
	// +optional
	metav1.ListMeta `json:"metadata,omitempty"`
	Items           []McpBridge `json:"items"`
}
