// Package policies is the `tollgate policies` command: list and show the
// policies in force, check AdmissionPolicies, import Gatekeeper's. It is called
// by cmd/tollgate.
package policies
