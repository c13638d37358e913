package v1alpha1

import (
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// Usage is how much one user called one model over a window, from the
// gateway's metrics in Mimir. Costs are estimates (counters times prices); the
// exact spend stands in Budgets. It is computed when it is read.
//
// Field selectors: model, window, since, until, by and top.
//
// +k8s:deepcopy-gen:interfaces=k8s.io/apimachinery/pkg/runtime.Object
type Usage struct {
	metav1.TypeMeta `json:",inline"`
	// Standard object's metadata. The name joins project, group, user and a digest of the model.
	// +optional
	metav1.ObjectMeta `json:"metadata,omitempty"`

	// Spec says what the row counts.
	Spec UsageSpec `json:"spec"`

	// Status is what was counted.
	Status UsageStatus `json:"status"`
}

// UsageSpec says what the row counts. A part that was added up is absent.
type UsageSpec struct {
	// Organization whose usage it is.
	Organization string `json:"organization"`
	// Project whose keys made the calls.
	// +optional
	Project string `json:"project,omitempty"`
	// Group of the caller.
	// +optional
	Group string `json:"group,omitempty"`
	// User who called, as the Project names them.
	// +optional
	User string `json:"user,omitempty"`
	// Model that answered, as the provider reports it.
	// +optional
	Model string `json:"model,omitempty"`
	// Since is the start of the window.
	Since metav1.Time `json:"since"`
	// Until is the end of the window.
	Until metav1.Time `json:"until"`
}

// UsageStatus is what was counted in the window. While they are unknown, numbers
// are null and the cost is "".
// ---
// Each row has these fields, without omitempty: kubectl get --sort-by says that
// there are no resources when no row has the field. Only the activity is left out
// of lists: kubectl sorts by no array.
type UsageStatus struct {
	// Requests that a model answered; null while unknown.
	// +optional
	Requests *int64 `json:"requests"`
	// InputTokens that the provider reported; null while unknown.
	// +optional
	InputTokens *int64 `json:"inputTokens"`
	// OutputTokens that the provider reported; null while unknown.
	// +optional
	OutputTokens *int64 `json:"outputTokens"`
	// TotalTokens that the provider reported; null while unknown.
	// +optional
	TotalTokens *int64 `json:"totalTokens"`
	// Cost in US dollars, estimated as counters times the prices that were effective; "" when a model is unpriced or the numbers are unknown.
	Cost string `json:"cost"`
	// Estimate is always true: the exact spend is kept by the ledger.
	Estimate bool `json:"estimate"`
	// Activity is the total tokens of each of the 24 hours up to the end of the window, the oldest first; only where one row is asked for by name.
	// +optional
	// +listType=atomic
	Activity []int64 `json:"activity,omitempty"`
	// Conditions say why something is unknown.
	// +optional
	// +listType=map
	// +listMapKey=type
	Conditions []metav1.Condition `json:"conditions,omitempty"`
	// Source of the numbers.
	// +optional
	Source string `json:"source,omitempty"`
	// AsOf is when Mimir was asked.
	// +optional
	AsOf *metav1.Time `json:"asOf,omitempty"`
}

// UsageList is a list of usage.
//
// +k8s:deepcopy-gen:interfaces=k8s.io/apimachinery/pkg/runtime.Object
type UsageList struct {
	metav1.TypeMeta `json:",inline"`
	// +optional
	metav1.ListMeta `json:"metadata,omitempty"`
	Items           []Usage `json:"items"`
}
