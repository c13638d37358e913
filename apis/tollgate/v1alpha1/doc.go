// Package v1alpha1 holds the custom resources of the group tollgate.dev:
// Organization, Project, PriceTable and AdmissionPolicy. They are stored by kube-apiserver and
// written by people, GitOps and CI; the aggregated API server, the webhooks and
// the controller read them.
//
// Field comments are the text of `kubectl explain`, and the markers are the
// validation that kube-apiserver itself enforces. What cannot be seen inside
// one object (does the organization list this namespace, is every model
// priced) is judged by package tenancy and by the policies.
//
// +kubebuilder:object:generate=true
// +groupName=tollgate.dev
package v1alpha1
