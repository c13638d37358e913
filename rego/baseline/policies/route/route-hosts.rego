# METADATA
# title: Routes serve hosts of their organization
# description: >-
#   Higress has no owner of a host: any namespace may add a route for any host, and a route without a host answers for
#   all. So a host is served only by the organization whose domain it is.
# custom:
#   id: route-hosts
#   severity: Critical
#   remedy: Use a host inside the organization's domains (spec.domains of the Organization), or ask a platform administrator to add the domain.
#   referential: true
#   match:
#     kinds:
#       - {apiGroups: [networking.k8s.io], kinds: [Ingress]}
#       - {apiGroups: [gateway.networking.k8s.io], kinds: [HTTPRoute, GRPCRoute]}
package tollgate.baseline.route_hosts

import data.tollgate.lib.hosts
import data.tollgate.lib.manifest
import data.tollgate.lib.routes
import data.tollgate.lib.scope

violation contains {"msg": msg, "details": {"field": field}} if {
	input.review.kind.kind == "Ingress"
	routes.ingress
	some i, rule in input.review.object.spec.rules
	name := object.get(rule, "host", "")
	not name in own
	msg := hosts.refusal(name)
	field := sprintf("spec.rules[%d].host", [i])
}

violation contains {"msg": msg, "details": {"field": field}} if {
	input.review.kind.kind == "Ingress"
	routes.ingress
	some i, tls in input.review.object.spec.tls
	some j, name in tls.hosts
	not name in own
	msg := hosts.refusal(name)
	field := sprintf("spec.tls[%d].hosts[%d]", [i, j])
}

# own are the hosts that the organization may serve, which nearly all are, and many stand twice.
own := {name |
	some name in named
	hosts.own(name)
}

named := ({name | name := input.review.object.spec.rules[_].host} | {name | name := input.review.object.spec.tls[_].hosts[_]}) | {name | name := input.review.object.spec.hostnames[_]}

# A default backend answers for every host that no other route serves.
violation contains {"msg": msg, "details": {"field": "spec.defaultBackend"}} if {
	input.review.kind.kind == "Ingress"
	routes.ingress
	manifest.set(input.review.object.spec, "defaultBackend")
	msg := hosts.refusal("")
}

violation contains {"msg": msg, "details": {"field": "spec.rules"}} if {
	input.review.kind.kind == "Ingress"
	routes.ingress
	scope.tenant
	count(manifest.list(input.review.object.spec, "rules")) == 0
	not manifest.set(input.review.object.spec, "defaultBackend")
	msg := "The Ingress has no rule, so it names no host."
}

violation contains {"msg": msg, "details": {"field": field}} if {
	input.review.kind.kind in {"HTTPRoute", "GRPCRoute"}
	routes.route
	some i, name in input.review.object.spec.hostnames
	not name in own
	msg := hosts.refusal(name)
	field := sprintf("spec.hostnames[%d]", [i])
}

# Without hostnames a route takes those of the listeners it is attached to.
violation contains {"msg": msg, "details": {"field": "spec.hostnames"}} if {
	input.review.kind.kind in {"HTTPRoute", "GRPCRoute"}
	routes.route
	count(manifest.list(input.review.object.spec, "hostnames")) == 0
	some parent in routes.parents
	refused(parent)
	msg := sprintf("Without hostnames the route answers for every host of its Gateway's listeners (%s), and not all of them are the organization's.", [parent.field])
}

refused(parent) if {
	scope.tenant
	count(routes.listeners(parent)) == 0
}

refused(parent) if {
	some listener in routes.listeners(parent)
	hosts.refusal(object.get(listener, "hostname", ""))
}
