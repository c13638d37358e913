package v1alpha1

import (
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
)

// Labels of every violation, for selectors such as -l policy=route-hosts. They
// are short because the objects are virtual: nobody else writes labels on them.
const (
	LabelPolicy       = "policy"
	LabelKind         = "kind"
	LabelSeverity     = "severity"
	LabelOrganization = "organization"
)

// PolicyViolation is an object of a namespace that breaks a policy now. It is
// computed when it is read, so it is gone as soon as the object or the policy is
// changed.
//
// +k8s:deepcopy-gen:interfaces=k8s.io/apimachinery/pkg/runtime.Object
type PolicyViolation struct {
	metav1.TypeMeta `json:",inline"`
	// Standard object's metadata. The name joins the policy, the object's kind and a digest of the object, the field and the message; the namespace is the object's.
	// +optional
	metav1.ObjectMeta `json:"metadata,omitempty"`

	// Spec says which object breaks which policy, and what to do.
	Spec PolicyViolationSpec `json:"spec"`
}

// PolicyViolationSpec says which object breaks which policy, and what to do.
type PolicyViolationSpec struct {
	// Policy that is broken, by its id: the name that refusals and metrics give it.
	Policy string `json:"policy"`
	// Title says in one line what the policy asks for.
	// +optional
	Title string `json:"title,omitempty"`
	// Severity of the violation: Low, Medium, High or Critical.
	// +optional
	Severity string `json:"severity,omitempty"`
	// Action is what the policy does at admission now: Deny refuses such an object, Warn lets it pass with a warning, DryRun only counts.
	Action string `json:"action"`
	// Object that breaks the policy.
	Object ObjectReference `json:"object"`
	// Organization by whose scope the object was judged; empty when it belongs to none.
	// +optional
	Organization string `json:"organization,omitempty"`
	// Field that breaks the policy, such as spec.rules[0].host; empty when it is the whole object.
	// +optional
	Field string `json:"field,omitempty"`
	// Message says what is wrong.
	Message string `json:"message"`
	// Remedy says what to do.
	// +optional
	Remedy string `json:"remedy,omitempty"`
}

// ObjectReference names one object.
type ObjectReference struct {
	// APIVersion of the object: networking.k8s.io/v1.
	APIVersion string `json:"apiVersion"`
	// Kind of the object: Ingress.
	Kind string `json:"kind"`
	// Namespace of the object; empty for objects in none.
	// +optional
	Namespace string `json:"namespace,omitempty"`
	// Name of the object.
	Name string `json:"name"`
	// UID of the object.
	// +optional
	UID types.UID `json:"uid,omitempty"`
}

// PolicyViolationList is a list of violations.
//
// +k8s:deepcopy-gen:interfaces=k8s.io/apimachinery/pkg/runtime.Object
type PolicyViolationList struct {
	metav1.TypeMeta `json:",inline"`
	// +optional
	metav1.ListMeta `json:"metadata,omitempty"`
	Items           []PolicyViolation `json:"items"`
}

// ClusterPolicyViolation is an object in no namespace that breaks a policy now.
// It is computed when it is read, so it is gone as soon as the object or the
// policy is changed.
//
// +k8s:deepcopy-gen:interfaces=k8s.io/apimachinery/pkg/runtime.Object
type ClusterPolicyViolation struct {
	metav1.TypeMeta `json:",inline"`
	// Standard object's metadata. The name joins the policy, the object's kind and a digest of the object, the field and the message.
	// +optional
	metav1.ObjectMeta `json:"metadata,omitempty"`

	// Spec says which object breaks which policy, and what to do.
	Spec PolicyViolationSpec `json:"spec"`
}

// ClusterPolicyViolationList is a list of violations.
//
// +k8s:deepcopy-gen:interfaces=k8s.io/apimachinery/pkg/runtime.Object
type ClusterPolicyViolationList struct {
	metav1.TypeMeta `json:",inline"`
	// +optional
	metav1.ListMeta `json:"metadata,omitempty"`
	Items           []ClusterPolicyViolation `json:"items"`
}
