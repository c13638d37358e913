package v1alpha1

import (
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
)

// WasmPlugin is a plugin that runs in the gateway, and its configuration by
// route, domain or service. Higress reads it only in its own namespace.
//
// +kubebuilder:object:root=true
// +kubebuilder:subresource:status
// +kubebuilder:resource:path=wasmplugins,singular=wasmplugin,scope=Namespaced,categories=higress-io;extensions-higress-io
// +kubebuilder:metadata:annotations="helm.sh/resource-policy=keep"
// +kubebuilder:printcolumn:name="Age",type=date,JSONPath=`.metadata.creationTimestamp`
type WasmPlugin struct {
	metav1.TypeMeta `json:",inline"`
	// +optional
	metav1.ObjectMeta `json:"metadata,omitempty"`

	// Spec is the plugin and its configuration.
	// +optional
	Spec WasmPluginSpec `json:"spec,omitempty"`

	// Status is opaque; Higress writes none.
	// +optional
	// +kubebuilder:pruning:PreserveUnknownFields
	// +kubebuilder:validation:Type=object
	Status *runtime.RawExtension `json:"status,omitempty"`
}

// WasmPluginSpec is the plugin and its configuration.
type WasmPluginSpec struct {
	// URL of the module: oci:// (also without a scheme), http(s):// or file://.
	// +optional
	URL string `json:"url,omitempty"`

	// SHA256 in hex: of the module for http(s), of the image's manifest for oci.
	// +optional
	SHA256 string `json:"sha256,omitempty"`

	// ImagePullPolicy says when an image is pulled again.
	// +optional
	ImagePullPolicy PullPolicy `json:"imagePullPolicy,omitempty"`

	// ImagePullSecret in the plugin's own namespace.
	// +optional
	ImagePullSecret string `json:"imagePullSecret,omitempty"`

	// VerificationKey is passed on and not used.
	// +optional
	VerificationKey string `json:"verificationKey,omitempty"`

	// PluginName becomes Envoy's root_id.
	// +optional
	PluginName string `json:"pluginName,omitempty"`

	// PluginConfig is the whole configuration; when it is set, defaultConfig and matchRules are ignored.
	// +optional
	// +kubebuilder:pruning:PreserveUnknownFields
	// +kubebuilder:validation:Type=object
	PluginConfig *runtime.RawExtension `json:"pluginConfig,omitempty"`

	// Phase of the filter chain in which the plugin runs.
	// +optional
	Phase Phase `json:"phase,omitempty"`

	// Priority within the phase: the higher runs earlier on the request. The lowest when left out.
	// +optional
	// +nullable
	Priority *int `json:"priority,omitempty"`

	// FailStrategy says what happens to requests while the plugin fails. FAIL_CLOSE when left out.
	// +optional
	FailStrategy FailStrategy `json:"failStrategy,omitempty"`

	// VMConfig of the plugin's virtual machine.
	// +optional
	VMConfig *VMConfig `json:"vmConfig,omitempty"`

	// DefaultConfig holds for requests that no rule matches.
	// +optional
	// +kubebuilder:pruning:PreserveUnknownFields
	// +kubebuilder:validation:Type=object
	DefaultConfig *runtime.RawExtension `json:"defaultConfig,omitempty"`

	// DefaultConfigDisable drops defaultConfig. False when left out.
	// +optional
	DefaultConfigDisable *bool `json:"defaultConfigDisable,omitempty"`

	// MatchRules: the first that matches holds.
	// +optional
	MatchRules []MatchRule `json:"matchRules,omitempty"`
}

// MatchRule is a configuration for some requests. What matches is what is in
// ingress (and service), else domain, else service; see the dossier on rule
// matching, because the plugins' SDKs differ.
type MatchRule struct {
	// Ingress lists route names: <namespace>/<name>, or <name> in Higress's own namespace.
	// +optional
	Ingress []string `json:"ingress,omitempty"`

	// Domain lists hosts, compared case-sensitively.
	// +optional
	Domain []string `json:"domain,omitempty"`

	// Service lists upstream services, as host or host:port.
	// +optional
	Service []string `json:"service,omitempty"`

	// RouteType: with GRPC the names in ingress are lost and the rule never matches.
	// +optional
	RouteType RouteType `json:"routeType,omitempty"`

	// Config of the rule. It does not inherit defaultConfig.
	// +optional
	// +kubebuilder:pruning:PreserveUnknownFields
	// +kubebuilder:validation:Type=object
	Config *runtime.RawExtension `json:"config,omitempty"`

	// ConfigDisable removes the rule, so that a later one or defaultConfig holds.
	// +optional
	ConfigDisable *bool `json:"configDisable,omitempty"`
}

// VMConfig of a plugin's virtual machine.
type VMConfig struct {
	// Env are the environment variables of the module.
	// +optional
	Env []EnvVar `json:"env,omitempty"`
}

// EnvVar is one environment variable of the module.
type EnvVar struct {
	// Name of the variable.
	// +optional
	Name string `json:"name,omitempty"`

	// ValueFrom says whether value counts (INLINE) or the gateway's own environment (HOST).
	// +optional
	ValueFrom EnvValueSource `json:"valueFrom,omitempty"`

	// Value of the variable.
	// +optional
	Value string `json:"value,omitempty"`
}

// PullPolicy says when an image is pulled again.
// +kubebuilder:validation:Enum=UNSPECIFIED_POLICY;IfNotPresent;Always
type PullPolicy string

// The pull policies.
const (
	PullUnspecified  PullPolicy = "UNSPECIFIED_POLICY"
	PullIfNotPresent PullPolicy = "IfNotPresent"
	PullAlways       PullPolicy = "Always"
)

// Phase of the filter chain.
// +kubebuilder:validation:Enum=UNSPECIFIED_PHASE;AUTHN;AUTHZ;STATS
type Phase string

// The phases, in the order in which requests pass through them;
// PhaseUnspecified is the last.
const (
	PhaseAuthn       Phase = "AUTHN"
	PhaseAuthz       Phase = "AUTHZ"
	PhaseStats       Phase = "STATS"
	PhaseUnspecified Phase = "UNSPECIFIED_PHASE"
)

// FailStrategy says what happens to requests while the plugin fails.
// +kubebuilder:validation:Enum=FAIL_CLOSE;FAIL_OPEN
type FailStrategy string

// The fail strategies.
const (
	FailClose FailStrategy = "FAIL_CLOSE"
	FailOpen  FailStrategy = "FAIL_OPEN"
)

// RouteType of a rule.
// +kubebuilder:validation:Enum=HTTP;GRPC
type RouteType string

// The types of routes.
const (
	RouteHTTP RouteType = "HTTP"
	RouteGRPC RouteType = "GRPC"
)

// EnvValueSource says where a variable's value comes from.
// +kubebuilder:validation:Enum=INLINE;HOST
type EnvValueSource string

// The sources of a variable's value.
const (
	EnvInline EnvValueSource = "INLINE"
	EnvHost   EnvValueSource = "HOST"
)

// WasmPluginList is a list of plugins.
//
// +kubebuilder:object:root=true
type WasmPluginList struct {
	metav1.TypeMeta `json:",inline"`
	// +optional
	metav1.ListMeta `json:"metadata,omitempty"`
	Items           []WasmPlugin `json:"items"`
}
