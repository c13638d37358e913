# METADATA
# title: Routes to providers have their guards
# description: >-
#   Guards are plugins with a rule per route. A route that reaches an LLM provider before its rules stand is free of
#   keys, budgets and metering, for everyone.
# custom:
#   id: route-guards
#   severity: Critical
#   remedy: Let Tollgate's controller make the route (a ModelRoute), or ask a platform administrator to add the rules first.
#   referential: true
#   match:
#     kinds:
#       - {apiGroups: [networking.k8s.io], kinds: [Ingress]}
#       - {apiGroups: [gateway.networking.k8s.io], kinds: [HTTPRoute, GRPCRoute]}
package tollgate.baseline.route_guards

import data.tollgate.lib.annotations
import data.tollgate.lib.metered
import data.tollgate.lib.routes

violation contains {"msg": msg, "details": {"field": field}} if {
	routes.written
	field := metered.fields[0]
	some guard in guards
	some name in routes.names
	not data.tollgate.guarded[guard][name]
	msg := sprintf("The route reaches an LLM provider, and WasmPlugin %q has no rule that names the route %q.", [guard, name])
}

violation contains {"msg": "The route reaches an LLM provider, and the platform names no guards for such routes.", "details": {"field": field}} if {
	routes.written
	field := metered.fields[0]
	count(guards) == 0
}

violation contains {"msg": "The route reaches an LLM provider, and no guard can name a route before it has a name.", "details": {"field": "metadata.generateName"}} if {
	routes.written
	metered.fields[0]
	not routes.base
}

# A weighted canary takes the name of the route that it is a canary of.
violation contains {"msg": "A canary that reaches an LLM provider runs under the name of another route, which no guard may know.", "details": {"field": annotations.field(canary.key)}} if {
	input.review.kind.kind == "Ingress"
	routes.ingress
	metered.fields[0]
	some canary in annotations.by_suffix.canary
	canary.value != "false"
}

# The identity-header stripping comes first: without it a client names itself.
guards contains guard if some guard in data.tollgate.settings.plugins.required

guards contains guard if {
	guard := data.tollgate.settings.plugins.identityHeaders
	guard != ""
}
