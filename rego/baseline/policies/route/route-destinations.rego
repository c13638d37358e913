# METADATA
# title: Annotations send requests to destinations of the organization
# description: >-
#   destination, mirrors, fallbacks and rewrites of the upstream's host name services without any regard to namespaces:
#   a provider that another tenant pays for, Redis, a Service inside the cluster.
# custom:
#   id: route-destinations
#   severity: Critical
#   remedy: Name a service of the organization (one of its namespaces' Services, or its own service of the McpBridge), or ask a platform administrator to provide one.
#   referential: true
#   match:
#     kinds:
#       - {apiGroups: [networking.k8s.io], kinds: [Ingress]}
#       - {apiGroups: [gateway.networking.k8s.io], kinds: [HTTPRoute, GRPCRoute]}
package tollgate.baseline.route_destinations

import data.tollgate.lib.annotations
import data.tollgate.lib.hosts
import data.tollgate.lib.routes
import data.tollgate.lib.targets

violation contains {"msg": msg, "details": {"field": annotations.field(a.key)}} if {
	input.review.kind.kind == "Ingress"
	routes.ingress
	some a in annotations.by_suffix.destination
	some address in targets.addresses(a.value)
	msg := address_refusal(address)
}

address_refusal(address) := sprintf("%q is not a line of the form [weight%%] host[:port] [subset].", [address.line]) if not address.host

address_refusal(address) := sprintf("The service %q is not the organization's.", [address.host]) if not targets.own_host(address.host)

# Hosts to which requests are copied, and the name under which they arrive.
violation contains {"msg": msg, "details": {"field": annotations.field(a.key)}} if {
	input.review.kind.kind == "Ingress"
	routes.ingress
	some suffix in ["mirror-target-fqdn", "upstream-vhost"]
	some a in annotations.by_suffix[suffix]
	not own(a.value)
	msg := sprintf("The host %q is not the organization's.", [a.value])
}

# Without a port Higress takes the first one, and its controller breaks down over a Service that has none.
violation contains {"msg": msg, "details": {"field": annotations.field(a.key), "remedy": "Write the Service's port, too: web:80."}} if {
	input.review.kind.kind == "Ingress"
	routes.ingress
	some a in annotations.by_suffix["mirror-target-service"]
	not regex.match(`^[^:]*:[1-9][0-9]{0,4}$`, a.value)
	msg := sprintf("%q does not say which port of the Service.", [a.value])
}

# Services, with their namespace or without.
violation contains {"msg": msg, "details": {"field": annotations.field(a.key)}} if {
	input.review.kind.kind == "Ingress"
	routes.ingress
	some suffix in ["mirror-target-service", "default-backend"]
	some a in annotations.by_suffix[suffix]
	not targets.own_service(a.value)
	msg := sprintf("%q is not a Service of the organization's namespaces.", [a.value])
}

violation contains {"msg": msg, "details": {"field": concat("", [f.field, ".urlRewrite.hostname"])}} if {
	input.review.kind.kind in {"HTTPRoute", "GRPCRoute"}
	routes.route
	some f in routes.filters
	name := f.filter.urlRewrite.hostname
	not own(name)
	msg := sprintf("The host %q is not the organization's.", [name])
}

own(name) if hosts.own(name)

own(name) if targets.own_host(name)
