// Package handler answers AdmissionReviews over HTTP. It is thin: it bounds
// what is read and how much is judged at once, decodes the envelope, has a Judge
// decide, and writes the answer. It always answers, and whatever goes wrong is a
// refusal that says what to do: too large a body, a body that is no
// AdmissionReview, too many reviews at once, a deadline, a panic, or a server
// that has not read its policies yet.
//
// It is called by package webhook, which serves a handler for each kind of
// admission.
package handler
