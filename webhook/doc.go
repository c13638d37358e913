// Package webhook is Tollgate's admission webhook: controller-runtime's webhook
// server with a handler for validation and one for mutation, and an end without
// a refused request. All judgement is in rego/admission.
//
// It is called by cmd/tollgate, which runs it in a controller-runtime manager.
package webhook
