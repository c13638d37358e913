// Package certificate provides the certificate that the webhook server serves:
// Mounted reads one from files that cert-manager or an administrator keeps
// fresh; Rotator makes its own, keeps it in a Secret that all replicas share,
// and writes the authority into the webhook configurations.
//
// A rotation never leaves a moment in which kube-apiserver does not trust what
// is served: a new authority is published first, signs only after that, and the
// old one stays trusted until it expires.
//
// It is called by cmd/tollgate.
package certificate
