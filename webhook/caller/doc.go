// Package caller says who may ask the webhook: those who show a client
// certificate by an authority, as kube-apiserver does when it is told to. Only
// admission asks for one; the connection itself takes clients without, so that
// the check of the served certificate and probes need none.
//
// It is called by the webhook server.
package caller
