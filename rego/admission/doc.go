// Package admission turns an AdmissionRequest into an AdmissionResponse: the one
// pipeline of the webhook and of `tollgate review`, so that both give the same
// verdict in the same words.
//
// It fails closed: what cannot be read, and what comes before the policies are
// loaded, is refused.
package admission
