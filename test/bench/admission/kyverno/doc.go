// Command kyverno judges AdmissionReviews with Kyverno's engine when it is its
// turn. It is a module of its own with Kyverno's own dependencies: Kyverno does
// not compile with the version of github.com/gobwas/glob that OPA needs.
//
// The policies are ValidatingPolicies, the kind that Kyverno recommends over
// ClusterPolicies, made of the same CEL as the API server's
// ValidatingAdmissionPolicies. Objects that exist already are global context
// entries, which Kyverno keeps in memory, rather than calls to an API server.
package main
