package settings

import (
	"tollgate.dev/tollgate/apis/tollgate/v1alpha1"
)

// Settings is what an administrator says about the platform. A field that the
// file leaves out has its default; a list that the file gives replaces the
// default list as a whole.
type Settings struct {
	// Gateway says where the Higress gateway is and which objects belong to it.
	Gateway Gateway `json:"gateway"`

	// Admins administer the platform. They are free of every tenant's scope.
	// Default: the group system:masters.
	Admins Subjects `json:"admins"`
	// System is Kubernetes itself: its controllers and its API server.
	// Default: system:apiserver, system:kube-controller-manager,
	// system:kube-scheduler, and the groups system:nodes and
	// system:serviceaccounts:kube-system.
	System Subjects `json:"system"`
	// Controller is Tollgate's own controller.
	// Default: system:serviceaccount:tollgate-system:tollgate-controller.
	Controller Subjects `json:"controller"`
	// Console is Higress's console.
	// Default: system:serviceaccount:higress-system:higress-console.
	Console Subjects `json:"console"`

	// UnownedNamespaces says what happens to gateway objects in a namespace that
	// no organization lists: Warn (default), Deny or Ignore.
	UnownedNamespaces UnownedNamespaces `json:"unownedNamespaces"`

	// Plugins says which Wasm plugins may run, and which are the platform's.
	Plugins Plugins `json:"plugins"`
	// Registries says where the services of the McpBridge may be.
	Registries Registries `json:"registries"`
	// Routes says what tenants may write on their routes.
	Routes Routes `json:"routes"`

	// Policies changes single policies of the baseline, by policy id.
	// Default: none, each policy as its file says.
	Policies map[string]Policy `json:"policies"`
}

// Subjects are people and programs as kube-apiserver authenticates them. A user
// of the form system:serviceaccount:<namespace>:<name> counts only for a request
// that also carries that service account's groups.
// Same as v1alpha1.Subjects, to which it converts; here every list is written
// out even when it is empty.
type Subjects struct {
	// Users by name. Default: see each field of this type.
	Users []string `json:"users"`
	// Groups by name.
	Groups []string `json:"groups"`
	// ServiceAccounts by namespace and name.
	ServiceAccounts []v1alpha1.ServiceAccount `json:"serviceAccounts"`
}

// Gateway says where the Higress gateway is and which objects belong to it.
type Gateway struct {
	// Namespace of the gateway and of Higress's controller, the only one where
	// WasmPlugin, McpBridge and Http2Rpc take effect. Default: higress-system.
	Namespace string `json:"namespace"`
	// IngressClasses that Higress serves, by name. Default: higress.
	IngressClasses []string `json:"ingressClasses"`
	// IngressControllers are the controllers of IngressClasses that Higress
	// serves, whatever the classes' names. Default: higress.io/higress-controller.
	IngressControllers []string `json:"ingressControllers"`
	// EmptyClass says whether an Ingress without a class is the gateway's in a
	// cluster without a default IngressClass: Judge (default) or Ignore.
	EmptyClass EmptyClass `json:"emptyClass"`
	// GatewayClasses are the names of GatewayClasses taken for Higress's when
	// the GatewayClass itself is not known. Default: higress.
	GatewayClasses []string `json:"gatewayClasses"`
	// Controllers are the controllerNames of GatewayClasses that Higress serves.
	// A trailing * stands for the rest of a name.
	// Default: higress.io/gateway-controller*.
	Controllers []string `json:"controllers"`
}

// EmptyClass says what an Ingress without a class is.
type EmptyClass string

// What an Ingress without a class is.
const (
	// JudgeEmptyClass takes it for the gateway's.
	JudgeEmptyClass EmptyClass = "Judge"
	// IgnoreEmptyClass leaves it alone.
	IgnoreEmptyClass EmptyClass = "Ignore"
)

// UnownedNamespaces says what happens in namespaces of no organization.
type UnownedNamespaces string

// What happens to gateway objects in a namespace of no organization.
const (
	WarnUnowned   UnownedNamespaces = "Warn"
	DenyUnowned   UnownedNamespaces = "Deny"
	IgnoreUnowned UnownedNamespaces = "Ignore"
)

// Plugins says which Wasm plugins may run, and which are the platform's. Objects
// are named as WasmPlugin objects in the gateway's namespace.
type Plugins struct {
	// Registries from which anyone's plugins may come, as host with an optional
	// path. Default: higress-registry.cn-hangzhou.cr.aliyuncs.com/plugins.
	Registries []string `json:"registries"`
	// AllowPlainHTTP lets a plugin come from an http:// URL. Default: false.
	AllowPlainHTTP bool `json:"allowPlainHTTP"`
	// Guards are the WasmPlugin objects that hold the platform's rules: they
	// fail closed, and only administrators and the controller touch them.
	// IdentityHeaders and Required are guards too, listed here or not.
	// Default: tollgate-identity, tollgate-auth, tollgate-budget.
	Guards []string `json:"guards"`
	// Platform are further WasmPlugin objects of the platform, which only
	// administrators and the controller touch, but which may fail open.
	// Default: tollgate-proxy, tollgate-statistics.
	Platform []string `json:"platform"`
	// IdentityHeaders is the guard that strips identity headers sent by clients.
	// Default: tollgate-identity.
	IdentityHeaders string `json:"identityHeaders"`
	// Required are the guards that every metered route needs, besides
	// IdentityHeaders. Default: tollgate-auth, tollgate-budget.
	Required []string `json:"required"`
	// Tenant are the plugins that tenants may attach to routes of their own.
	// Default: none.
	Tenant []TenantPlugin `json:"tenant"`
}

// TenantPlugin is one plugin that tenants may attach to routes of their own.
type TenantPlugin struct {
	// Plugin is the image without tag and digest:
	// registry.example.com/plugins/transformer.
	Plugin string `json:"plugin"`
	// Digest is the only one allowed: sha256: and 64 hex digits.
	Digest string `json:"digest"`
	// ResponseSafe says that the plugin cannot change what is metered in a
	// response, so that it may run on metered routes. Default: false.
	ResponseSafe bool `json:"responseSafe"`
	// MaxPriority bounds spec.priority, so that the plugin stays below the
	// platform's guards. Default: 0.
	MaxPriority int32 `json:"maxPriority"`
}

// Registries says where the services of the McpBridge may be.
type Registries struct {
	// Allowed are hosts, host suffixes (.example.com, which is example.com too)
	// and CIDRs. Empty allows every address but those that no list can allow: the
	// gateway's machine and link, metadata services, the cluster's own Services
	// and those of another organization. Default: empty.
	Allowed []string `json:"allowed"`
}

// Routes says what tenants may write on their routes.
type Routes struct {
	// Annotations that a tenant may set on an Ingress, without the prefix
	// (higress.io/ or nginx.ingress.kubernetes.io/). A trailing * stands for the
	// rest of a name. Default: see DefaultAnnotations.
	Annotations []string `json:"annotations"`
}

// Policy changes one policy of the baseline.
type Policy struct {
	// Webhook says what a violation does at admission. Default: as the policy says.
	Webhook v1alpha1.PolicyAction `json:"webhook,omitempty"`
	// Review says what a violation does in tollgate review. Default: as the policy says.
	Review v1alpha1.PolicyAction `json:"review,omitempty"`
	// Parameters replace the policy's own by key. Default: none.
	Parameters map[string]any `json:"parameters,omitempty"`
}
