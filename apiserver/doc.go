// Package apiserver assembles Tollgate's aggregated API server: the generic
// server of k8s.io/apiserver without etcd, with the REST storages it is given.
//
// It brings delegated authentication and authorization, audit, priority and
// fairness, reloaded certificates, health paths, discovery, OpenAPI and
// graceful shutdown. It knows nothing of Redis or Mimir: discovery and readiness
// answer at once while both are away, because a group that fails discovery
// leaves namespaces stuck in Terminating.
//
// It is called by cmd/tollgate, and by tests that run the server in process.
package apiserver
