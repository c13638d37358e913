// Package gatekeeper turns Gatekeeper's ConstraintTemplates and constraints into
// AdmissionPolicies. Their Rego stays as it is; what cannot be carried over is
// refused with the reason, never dropped. It is called by
// `tollgate policies import`.
package gatekeeper
