// Package policystatus says in the status of AdmissionPolicies whether they are
// in force. Replicas may do so side by side: they say the same, and write only
// what is not there already.
//
// It is called by cmd/tollgate, in the webhook.
package policystatus
