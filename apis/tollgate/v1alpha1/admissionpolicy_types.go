package v1alpha1

import (
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
)

// AdmissionPolicy is a rule in Rego that objects must keep: at admission, in
// `tollgate review` and in `kubectl get policyviolations`. It joins the
// policies that Tollgate brings. Input and results have Gatekeeper's shape:
// input.review, input.parameters, data.inventory, and the rule violation with
// {"msg": ..., "details": ...}.
//
// +kubebuilder:object:root=true
// +kubebuilder:subresource:status
// +kubebuilder:resource:scope=Cluster,shortName=apol,categories=tollgate
// +kubebuilder:printcolumn:name="Webhook",type=string,JSONPath=`.spec.enforcement.webhook`,description="What a violation does at admission"
// +kubebuilder:printcolumn:name="Review",type=string,JSONPath=`.spec.enforcement.review`,description="What a violation does in tollgate review"
// +kubebuilder:printcolumn:name="Severity",type=string,JSONPath=`.spec.severity`
// +kubebuilder:printcolumn:name="Ready",type=string,JSONPath=`.status.conditions[?(@.type=="Ready")].status`
// +kubebuilder:printcolumn:name="Title",type=string,JSONPath=`.spec.title`,priority=1
// +kubebuilder:printcolumn:name="Age",type=date,JSONPath=`.metadata.creationTimestamp`
// +kubebuilder:validation:XValidation:rule="self.metadata.name.matches('^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$')",message="metadata.name must be a DNS label: at most 63 lower-case letters, digits and hyphens; it is the policy's id in refusals and metrics"
type AdmissionPolicy struct {
	metav1.TypeMeta   `json:",inline"`
	metav1.ObjectMeta `json:"metadata,omitempty"`

	// Spec is the rule, what it applies to and what a violation does.
	// +required
	Spec AdmissionPolicySpec `json:"spec,omitempty"`

	// Status says whether the policy is in force.
	// +optional
	Status AdmissionPolicyStatus `json:"status,omitempty"`
}

// AdmissionPolicySpec is the rule, what it applies to and what a violation does.
type AdmissionPolicySpec struct {
	// Title says in one line what the policy asks for.
	// +optional
	// +kubebuilder:validation:MaxLength=200
	Title string `json:"title,omitempty"`

	// Remedy tells a user who was refused what to do.
	// +optional
	// +kubebuilder:validation:MaxLength=1000
	Remedy string `json:"remedy,omitempty"`

	// Severity of a violation, for reports.
	// +optional
	// +kubebuilder:default=Medium
	Severity Severity `json:"severity,omitempty"`

	// Rego is one module with a rule `violation` that yields objects with msg and, if wanted, details (details.field names the field). It must compile or the object is refused. Builtins that reach the network, the environment or the clock are not available.
	// +required
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=262144
	Rego string `json:"rego,omitempty"`

	// RegoVersion is the version of the language: v1, or v0 as in Gatekeeper's templates.
	// +optional
	// +kubebuilder:default=v1
	RegoVersion RegoVersion `json:"regoVersion,omitempty"`

	// Libs are further modules in packages named lib or lib.<name>, which the policy imports as data.lib.<name>. They are the policy's own.
	// +optional
	// +listType=atomic
	// +kubebuilder:validation:MaxItems=20
	// +kubebuilder:validation:items:MaxLength=262144
	Libs []string `json:"libs,omitempty"`

	// Match says which objects the policy judges. Everything that Tollgate's webhook is asked about when left out.
	// +optional
	Match PolicyMatch `json:"match,omitempty"`

	// Parameters are given to the policy as input.parameters.
	// +optional
	// +kubebuilder:pruning:PreserveUnknownFields
	// +kubebuilder:validation:Schemaless
	// +kubebuilder:validation:Type=object
	Parameters *runtime.RawExtension `json:"parameters,omitempty"`

	// Inventory lists the kinds whose objects the policy reads in data.inventory. What is not listed is not there, and a policy that reads it is refused.
	// +optional
	// +listType=atomic
	// +kubebuilder:validation:MaxItems=20
	Inventory []InventoryKind `json:"inventory,omitempty"`

	// Enforcement says what a violation does, at admission and in tollgate review.
	// +optional
	// +kubebuilder:default={webhook: "Deny", review: "Deny"}
	Enforcement PolicyEnforcement `json:"enforcement,omitempty"`

	// OnError says what happens when the policy fails or runs out of time: Deny refuses the request, Allow lets it pass with a warning.
	// +optional
	// +kubebuilder:default=Deny
	OnError OnError `json:"onError,omitempty"`

	// TimeoutMilliseconds bounds one evaluation.
	// +optional
	// +kubebuilder:default=500
	// +kubebuilder:validation:Minimum=10
	// +kubebuilder:validation:Maximum=5000
	TimeoutMilliseconds int32 `json:"timeoutMilliseconds,omitempty"`
}

// Severity of a violation.
// +kubebuilder:validation:Enum=Low;Medium;High;Critical
type Severity string

// The severities.
const (
	SeverityLow      Severity = "Low"
	SeverityMedium   Severity = "Medium"
	SeverityHigh     Severity = "High"
	SeverityCritical Severity = "Critical"
)

// RegoVersion is a version of the Rego language.
// +kubebuilder:validation:Enum=v0;v1
type RegoVersion string

// The versions of Rego.
const (
	RegoV0 RegoVersion = "v0"
	RegoV1 RegoVersion = "v1"
)

// PolicyAction is what a violation does.
// +kubebuilder:validation:Enum=Deny;Warn;DryRun
type PolicyAction string

// What a violation does.
const (
	// PolicyDeny refuses the request.
	PolicyDeny PolicyAction = "Deny"
	// PolicyWarn lets it pass with a warning to the user.
	PolicyWarn PolicyAction = "Warn"
	// PolicyDryRun lets it pass; it is counted, logged and listed.
	PolicyDryRun PolicyAction = "DryRun"
)

// OnError is what a failing policy does.
// +kubebuilder:validation:Enum=Deny;Allow
type OnError string

// What a failing policy does.
const (
	OnErrorDeny  OnError = "Deny"
	OnErrorAllow OnError = "Allow"
)

// PolicyEnforcement says what a violation does, by the place of evaluation.
type PolicyEnforcement struct {
	// Webhook: at admission in the cluster.
	// +optional
	// +kubebuilder:default=Deny
	Webhook PolicyAction `json:"webhook,omitempty"`

	// Review: in tollgate review.
	// +optional
	// +kubebuilder:default=Deny
	Review PolicyAction `json:"review,omitempty"`
}

// InventoryKind names a kind of objects.
type InventoryKind struct {
	// Group of the API; empty for the core group.
	// +optional
	// +kubebuilder:validation:MaxLength=253
	Group string `json:"group,omitempty"`

	// Version of the API.
	// +required
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=63
	Version string `json:"version,omitempty"`

	// Kind of the objects.
	// +required
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=63
	Kind string `json:"kind,omitempty"`
}

// PolicyMatch says which objects a policy judges, in the words of Gatekeeper's
// match block. Every part that is given must hold.
type PolicyMatch struct {
	// Kinds of objects. Any when left out.
	// +optional
	// +listType=atomic
	// +kubebuilder:validation:MaxItems=50
	Kinds []MatchKinds `json:"kinds,omitempty"`

	// Operations: CREATE, UPDATE, DELETE. CREATE and UPDATE when left out.
	// +optional
	// +listType=set
	// +kubebuilder:validation:MaxItems=3
	// +kubebuilder:validation:items:Enum=CREATE;UPDATE;DELETE
	Operations []string `json:"operations,omitempty"`

	// Scope: Cluster for cluster-scoped objects only, Namespaced for namespaced ones only, * for both.
	// +optional
	// +kubebuilder:validation:Enum="*";Cluster;Namespaced
	Scope string `json:"scope,omitempty"`

	// Namespaces by name; a * at the start or the end stands for anything. Cluster-scoped objects other than namespaces match whatever this says.
	// +optional
	// +listType=set
	// +kubebuilder:validation:MaxItems=200
	// +kubebuilder:validation:items:MaxLength=63
	Namespaces []string `json:"namespaces,omitempty"`

	// ExcludedNamespaces by name, with * as in namespaces.
	// +optional
	// +listType=set
	// +kubebuilder:validation:MaxItems=200
	// +kubebuilder:validation:items:MaxLength=63
	ExcludedNamespaces []string `json:"excludedNamespaces,omitempty"`

	// LabelSelector on the object, or on the old one in an update.
	// +optional
	LabelSelector *metav1.LabelSelector `json:"labelSelector,omitempty"`

	// NamespaceSelector on the object's namespace.
	// +optional
	NamespaceSelector *metav1.LabelSelector `json:"namespaceSelector,omitempty"`

	// Name of the objects; a * at the start or the end stands for anything. It also matches generateName.
	// +optional
	// +kubebuilder:validation:MaxLength=253
	Name string `json:"name,omitempty"`
}

// MatchKinds are kinds of objects: every kind of the list in every group of the
// list.
type MatchKinds struct {
	// APIGroups by name, "" for the core group, * for any.
	// +optional
	// +listType=set
	// +kubebuilder:validation:MaxItems=50
	// +kubebuilder:validation:items:MaxLength=253
	APIGroups []string `json:"apiGroups,omitempty"`

	// Kinds by name, * for any.
	// +optional
	// +listType=set
	// +kubebuilder:validation:MaxItems=50
	// +kubebuilder:validation:items:MaxLength=63
	Kinds []string `json:"kinds,omitempty"`
}

// AdmissionPolicyStatus says whether the policy is in force.
type AdmissionPolicyStatus struct {
	// ObservedGeneration is the generation of the spec that this status speaks of.
	// +optional
	ObservedGeneration int64 `json:"observedGeneration,omitempty"`

	// Conditions of the policy: Ready is False, with OPA's position and message, while it does not compile.
	// +optional
	// +listType=map
	// +listMapKey=type
	Conditions []metav1.Condition `json:"conditions,omitempty"`
}

// AdmissionPolicyList is a list of policies.
//
// +kubebuilder:object:root=true
type AdmissionPolicyList struct {
	metav1.TypeMeta `json:",inline"`
	metav1.ListMeta `json:"metadata,omitempty"`
	Items           []AdmissionPolicy `json:"items"`
}
