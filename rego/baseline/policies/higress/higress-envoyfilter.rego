# METADATA
# title: EnvoyFilters are the platform's
# description: >-
#   An EnvoyFilter changes the gateway's listeners, routes and filters themselves, past every plugin and every guard.
#   Outside the gateway's namespace and the namespaces of organizations it belongs to a mesh that is none of our business.
# custom:
#   id: higress-envoyfilter
#   severity: Critical
#   remedy: Ask a platform administrator to write the filter.
#   match:
#     kinds: [{apiGroups: [networking.istio.io], kinds: [EnvoyFilter]}]
#     operations: [CREATE, UPDATE, DELETE]
package tollgate.baseline.higress_envoyfilter

import data.tollgate.lib.scope
import data.tollgate.lib.subject

violation contains {"msg": msg, "details": {"field": ""}} if {
	input.review.kind.kind == "EnvoyFilter"
	ours
	scope.asks
	not subject.operator
	msg := "Only platform administrators, Tollgate's controller and the Higress console write EnvoyFilters."
}

ours if input.subject.inGateway == true

ours if input.subject.organization != ""
