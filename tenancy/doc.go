// Package tenancy says who owns what: which Organization a namespace, a host or
// a Mimir tenant belongs to, which Projects count, which budget nodes a Project
// has, and how a user's name becomes one label of a consumer name.
//
// It is pure functions of Organizations and Projects. The aggregated API
// server, the controller and the webhooks call it with what their informers
// hold and get the same answer in every replica, in whatever order the objects
// arrive, so that no claim has to be written anywhere and no race can be lost.
//
// Ownership: of several organizations that list the same thing the oldest by
// creationTimestamp, then by UID, owns it. An object that is being deleted
// counts until it is gone: while its finalizers run its gateway objects and its
// money still exist, and handing its name or namespace on before that would mix
// them with the next owner's.
//
// An Organization, Project or group whose name cannot be a label of a consumer
// name got past validation somehow; it owns nothing and has no budget node.
package tenancy
