package v1alpha1

import (
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// Project is one product or team of an organization: its groups of callers,
// the models that each may call, and what each may spend. It counts only if
// its organization lists its namespace.
//
// +kubebuilder:object:root=true
// +kubebuilder:subresource:status
// +kubebuilder:resource:scope=Namespaced,shortName=proj,categories=tollgate
// +kubebuilder:printcolumn:name="Organization",type=string,JSONPath=`.spec.organization`
// +kubebuilder:printcolumn:name="Budget",type=string,JSONPath=`.spec.budget.limit`,description="Limit of one window in US dollars"
// +kubebuilder:printcolumn:name="Period",type=string,JSONPath=`.spec.budget.period`
// +kubebuilder:printcolumn:name="Groups",type=string,JSONPath=`.spec.groups[*].name`,priority=1
// +kubebuilder:printcolumn:name="Accepted",type=string,JSONPath=`.status.conditions[?(@.type=="Accepted")].status`
// +kubebuilder:printcolumn:name="Age",type=date,JSONPath=`.metadata.creationTimestamp`
// +kubebuilder:validation:XValidation:rule="self.metadata.name.matches('^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$')",message="metadata.name must be a DNS label: at most 63 lower-case letters, digits and hyphens, because it is part of consumer names"
// +kubebuilder:validation:XValidation:rule="!self.metadata.name.matches('^(metric|consumer|model|upstream)')",message="metadata.name must not begin with metric, consumer, model or upstream: the gateway would cut its metric names there"
type Project struct {
	metav1.TypeMeta   `json:",inline"`
	metav1.ObjectMeta `json:"metadata,omitempty"`

	// Spec is who may call what, and for how much.
	// +required
	Spec ProjectSpec `json:"spec,omitempty"`

	// Status is what Tollgate found out about the project.
	// +optional
	Status ProjectStatus `json:"status,omitempty"`
}

// ProjectSpec is who may call what, and for how much.
type ProjectSpec struct {
	// Organization that the project belongs to. It must list the project's namespace, and it never changes.
	// +required
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=63
	// +kubebuilder:validation:Pattern=`^[a-z0-9]([a-z0-9-]*[a-z0-9])?$`
	// +kubebuilder:validation:XValidation:rule="self == oldSelf",message="a project cannot move to another organization: its budgets and keys are named by it; create a project there instead"
	Organization string `json:"organization,omitempty"`

	// Budget of the whole project. Without one its spend is counted by calendar month (UTC) and limited only by the organization's.
	// +optional
	Budget *Budget `json:"budget,omitempty"`

	// Groups of callers. A name occurs once.
	// +optional
	// +listType=map
	// +listMapKey=name
	// +kubebuilder:validation:MaxItems=32
	Groups []Group `json:"groups,omitempty"`
}

// Group is a set of callers with the same rights.
type Group struct {
	// Name of the group, a DNS label: the third part of consumer names.
	// +required
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=63
	// +kubebuilder:validation:XValidation:rule="self.matches('^[a-z0-9]([a-z0-9-]*[a-z0-9])?$')",message="must be a DNS label: lower-case letters, digits and hyphens"
	// +kubebuilder:validation:XValidation:rule="!self.matches('^(metric|consumer|model|upstream)')",message="must not begin with metric, consumer, model or upstream: the gateway would cut its metric names there"
	Name string `json:"name,omitempty"`

	// Models that the group may call, by the name a client sends. A trailing * stands for the rest of a name. None means that the group may call nothing.
	// +optional
	// +listType=set
	// +kubebuilder:validation:MaxItems=500
	// +kubebuilder:validation:items:MinLength=1
	// +kubebuilder:validation:items:MaxLength=253
	// +kubebuilder:validation:items:Pattern=`^[A-Za-z0-9][A-Za-z0-9._:/@+-]*[*]?$|^[*]$`
	Models []string `json:"models,omitempty"`

	// Budget is the pool that the whole group shares.
	// +optional
	Budget *Budget `json:"budget,omitempty"`

	// UserBudget is what each user of the group may spend who has no budget of their own.
	// +optional
	UserBudget *Budget `json:"userBudget,omitempty"`

	// Users who are listed by name. Others may still call with a key of the group and live on userBudget.
	// +optional
	// +listType=map
	// +listMapKey=name
	// +kubebuilder:validation:MaxItems=2000
	// +kubebuilder:validation:XValidation:rule="self.transformMapEntry(i, u, {u.name.lowerAscii(): i}).size() == self.size()",message="two users have the same name but for upper and lower case: they are one user, so list one of them"
	Users []User `json:"users,omitempty"`
}

// User is one caller of a group.
type User struct {
	// Name of the user: a DNS label or an address such as alice@acme.example. It is folded to lower case and becomes one label of the consumer name by an escape that docs/architecture.md describes.
	// +required
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=253
	// +kubebuilder:validation:Pattern=`^[A-Za-z0-9._@+-]+$`
	Name string `json:"name,omitempty"`

	// Budget of this user. Without one the group's userBudget holds.
	// +optional
	Budget *Budget `json:"budget,omitempty"`
}

// ProjectStatus is what Tollgate found out about the project.
type ProjectStatus struct {
	// ObservedGeneration is the generation of the spec that this status speaks of.
	// +optional
	ObservedGeneration int64 `json:"observedGeneration,omitempty"`

	// Conditions of the project. Accepted is False while its organization does not list its namespace, or an older project of the organization has its name.
	// +optional
	// +listType=map
	// +listMapKey=type
	Conditions []metav1.Condition `json:"conditions,omitempty"`

	// UserLabels gives the users whose name is too long to be told from its label.
	// +optional
	// +listType=map
	// +listMapKey=label
	UserLabels []UserLabel `json:"userLabels,omitempty"`
}

// UserLabel tells which user a shortened label stands for.
type UserLabel struct {
	// Label in the consumer name.
	// +required
	Label string `json:"label,omitempty"`

	// Name of the user.
	// +required
	Name string `json:"name,omitempty"`
}

// ProjectList is a list of projects.
//
// +kubebuilder:object:root=true
type ProjectList struct {
	metav1.TypeMeta `json:",inline"`
	metav1.ListMeta `json:"metadata,omitempty"`
	Items           []Project `json:"items"`
}
