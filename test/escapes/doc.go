// Package escapes holds attempts to leave a tenant's scope, one file each, in
// the form of a suite for `tollgate review --suite`. The world in which they
// are tried (organizations, routes, plugins) is in inventory/, what the
// administrators decided in settings.yaml. The neighbouring folder bystanders
// holds what must pass in the same world.
//
// The tests here hold the suites themselves against a real kube-apiserver (so
// that an attempt is refused for what it tries and not for a wrong field) and
// then run them.
package escapes
