# METADATA
# title: Routes take no requests from another organization's
# description: >-
#   Of all routes on a host the gateway takes exact paths before prefixes before regular expressions, and longer ones
#   first, whoever wrote them. A more specific path takes requests away from the route that had them.
# custom:
#   id: route-capture
#   severity: Critical
#   remedy: Choose another path or host, or ask a platform administrator who may serve this one.
#   match:
#     kinds:
#       - {apiGroups: [networking.k8s.io], kinds: [Ingress]}
#       - {apiGroups: [gateway.networking.k8s.io], kinds: [HTTPRoute, GRPCRoute]}
package tollgate.baseline.route_capture

import data.tollgate.lib.paths
import data.tollgate.lib.routes

violation contains {"msg": msg, "details": {"field": claim.field}} if {
	routes.written
	some host in contested
	some claim in paths.claims
	claim.host == host
	some other in data.tollgate.host_route[claim.host]
	other.organization != ""
	other.organization != input.subject.organization
	paths.takes(claim, other)
	msg := sprintf("Path %q on host %q would take requests from a route of another organization.", [claim.path, claim.host])
}

# contested are the hosts on which another organization has a route: as good as none, so that nobody looks at paths.
contested := {host |
	some host in paths.hosts
	not anothers(host)
	some other in data.tollgate.host_route[host]
	other.organization != ""
	other.organization != input.subject.organization
}

# Who may serve such a host at all is refused by route-hosts; to say here
# whether it has a route of that path would tell a tenant about another's.
anothers(host) if data.tollgate.host_owner[host] != input.subject.organization
