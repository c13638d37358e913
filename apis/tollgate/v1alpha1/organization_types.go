package v1alpha1

import (
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// Organization is a tenant: who belongs to it, which namespaces, hosts and
// plugins are its own, where its usage and its money are kept, and how much it
// may spend in all. Its name is the first part of every consumer name.
//
// +kubebuilder:object:root=true
// +kubebuilder:subresource:status
// +kubebuilder:resource:scope=Cluster,shortName=org;orgs,categories=tollgate
// +kubebuilder:printcolumn:name="Budget",type=string,JSONPath=`.spec.budget.limit`,description="Limit of one window in US dollars"
// +kubebuilder:printcolumn:name="Period",type=string,JSONPath=`.spec.budget.period`
// +kubebuilder:printcolumn:name="Tenant",type=string,JSONPath=`.spec.mimirTenant`,priority=1
// +kubebuilder:printcolumn:name="Ledger",type=string,JSONPath=`.spec.ledger.name`,priority=1
// +kubebuilder:printcolumn:name="Namespaces",type=string,JSONPath=`.spec.namespaces`,priority=1
// +kubebuilder:printcolumn:name="Ready",type=string,JSONPath=`.status.conditions[?(@.type=="Ready")].status`
// +kubebuilder:printcolumn:name="Age",type=date,JSONPath=`.metadata.creationTimestamp`
// +kubebuilder:validation:XValidation:rule="self.metadata.name.matches('^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$')",message="metadata.name must be a DNS label: at most 63 lower-case letters, digits and hyphens, because it is part of consumer names"
// +kubebuilder:validation:XValidation:rule="!self.metadata.name.matches('^(metric|consumer|model|upstream)')",message="metadata.name must not begin with metric, consumer, model or upstream: the gateway would cut its metric names there"
type Organization struct {
	metav1.TypeMeta   `json:",inline"`
	metav1.ObjectMeta `json:"metadata,omitempty"`

	// Spec is what the organization owns and may spend.
	// +required
	Spec OrganizationSpec `json:"spec,omitempty"`

	// Status is what Tollgate found out about the organization.
	// +optional
	Status OrganizationStatus `json:"status,omitempty"`
}

// OrganizationSpec is what the organization owns and may spend.
type OrganizationSpec struct {
	// DisplayName is what people call the organization.
	// +optional
	// +kubebuilder:validation:MaxLength=253
	DisplayName string `json:"displayName,omitempty"`

	// Namespaces that belong to the organization. Its Projects count only in these. A namespace that an older organization lists already stays with that one.
	// +optional
	// +listType=set
	// +kubebuilder:validation:MaxItems=500
	// +kubebuilder:validation:items:MaxLength=63
	// +kubebuilder:validation:items:Pattern=`^[a-z0-9]([a-z0-9-]*[a-z0-9])?$`
	Namespaces []string `json:"namespaces,omitempty"`

	// Members may write the organization's objects.
	// +optional
	Members Subjects `json:"members,omitempty"`

	// Delegates act for the organization without belonging to it (a GitOps agent, a certificate manager). They get no more than the organization has.
	// +optional
	Delegates Subjects `json:"delegates,omitempty"`

	// Domains whose hosts the organization may serve. acme.example covers the host itself; *.acme.example covers every host below it.
	// +optional
	// +listType=set
	// +kubebuilder:validation:MaxItems=200
	// +kubebuilder:validation:items:MaxLength=253
	// +kubebuilder:validation:items:Pattern=`^([*][.])?([a-z0-9]([a-z0-9-]*[a-z0-9])?[.])+[a-z0-9]([a-z0-9-]*[a-z0-9])?$`
	Domains []string `json:"domains,omitempty"`

	// PluginRegistries from which Wasm plugins of the organization may come, as host with an optional path: registry.acme.example/plugins.
	// +optional
	// +listType=set
	// +kubebuilder:validation:MaxItems=50
	// +kubebuilder:validation:items:MaxLength=253
	// +kubebuilder:validation:items:Pattern=`^[a-z0-9]([a-z0-9.-]*[a-z0-9])?(:[0-9]{1,5})?(/[a-z0-9._-]+)*$`
	PluginRegistries []string `json:"pluginRegistries,omitempty"`

	// MimirTenant is the tenant (X-Scope-OrgID) that holds the organization's metrics. The organization's name when left out. Two organizations never share one.
	// +optional
	// +kubebuilder:validation:MaxLength=150
	// +kubebuilder:validation:XValidation:rule="self.matches('^[A-Za-z0-9!_.*()\\'-]*$') && self != '.' && self != '..' && self != '__mimir_cluster'",message="must be a Mimir tenant ID: letters, digits and any of !-_.*'() and neither . nor .. (no | that would join tenants)"
	MimirTenant string `json:"mimirTenant,omitempty"`

	// Ledger names the Redis that keeps the organization's budgets, as configured in Tollgate's processes.
	// +optional
	// +kubebuilder:default={name: "default"}
	Ledger LedgerReference `json:"ledger,omitempty"`

	// PriceTable by which the organization's usage is priced.
	// +optional
	// +kubebuilder:default=default
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=253
	PriceTable string `json:"priceTable,omitempty"`

	// Budget of the whole organization. Without one its spend is counted by calendar month (UTC) and not limited.
	// +optional
	Budget *Budget `json:"budget,omitempty"`
}

// LedgerReference names a Redis by the name under which Tollgate's processes
// were given it. The address and its password never stand in an object.
type LedgerReference struct {
	// Name of the ledger in the configuration of Tollgate's processes (--ledger NAME=...).
	// +optional
	// +kubebuilder:default=default
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=63
	// +kubebuilder:validation:Pattern=`^[a-z0-9]([a-z0-9-]*[a-z0-9])?$`
	Name string `json:"name,omitempty"`
}

// Subjects are people and programs as kube-apiserver authenticates them.
type Subjects struct {
	// Users by name.
	// +optional
	// +listType=set
	// +kubebuilder:validation:MaxItems=1000
	// +kubebuilder:validation:items:MinLength=1
	// +kubebuilder:validation:items:MaxLength=253
	Users []string `json:"users,omitempty"`

	// Groups by name.
	// +optional
	// +listType=set
	// +kubebuilder:validation:MaxItems=200
	// +kubebuilder:validation:items:MinLength=1
	// +kubebuilder:validation:items:MaxLength=253
	Groups []string `json:"groups,omitempty"`

	// ServiceAccounts by namespace and name.
	// +optional
	// +listType=map
	// +listMapKey=namespace
	// +listMapKey=name
	// +kubebuilder:validation:MaxItems=200
	ServiceAccounts []ServiceAccount `json:"serviceAccounts,omitempty"`
}

// ServiceAccount names one service account.
type ServiceAccount struct {
	// Namespace of the service account.
	// +required
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=63
	Namespace string `json:"namespace,omitempty"`

	// Name of the service account.
	// +required
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=253
	Name string `json:"name,omitempty"`
}

// OrganizationStatus is what Tollgate found out about the organization.
type OrganizationStatus struct {
	// ObservedGeneration is the generation of the spec that this status speaks of.
	// +optional
	ObservedGeneration int64 `json:"observedGeneration,omitempty"`

	// Conditions of the organization: Ready, and Conflict when an older organization owns a domain, namespace or tenant that this one lists.
	// +optional
	// +listType=map
	// +listMapKey=type
	Conditions []metav1.Condition `json:"conditions,omitempty"`
}

// OrganizationList is a list of organizations.
//
// +kubebuilder:object:root=true
type OrganizationList struct {
	metav1.TypeMeta `json:",inline"`
	metav1.ListMeta `json:"metadata,omitempty"`
	Items           []Organization `json:"items"`
}
