# METADATA
# title: Routes leave the platform's headers alone
# description: >-
#   Who calls, which model was chosen and which route a request fell back from travels in headers between the gateway's
#   plugins. A route that sets, removes or matches them could act for somebody else or step around a guard.
# custom:
#   id: route-headers
#   severity: Critical
#   remedy: Use a header of your own.
#   match:
#     kinds:
#       - {apiGroups: [networking.k8s.io], kinds: [Ingress]}
#       - {apiGroups: [gateway.networking.k8s.io], kinds: [HTTPRoute, GRPCRoute]}
package tollgate.baseline.route_headers

import data.tollgate.lib.annotations
import data.tollgate.lib.headers
import data.tollgate.lib.routes

# Values are lines of "name value" or a comma list of names. Every word is looked
# at: how the gateway splits and unquotes them then makes no difference.
violation contains {"msg": msg, "details": {"field": annotations.field(key)}} if {
	input.review.kind.kind == "Ingress"
	routes.ingress
	some key, a in annotations.gateway
	regex.match(`^(request|response)-header-control-`, a.suffix)
	some word in regex.split(`[^!#$%&*+.^_|~0-9A-Za-z:-]+`, a.value)
	headers.kept(trim_suffix(word, ":"))
	msg := sprintf("The header %q is the platform's: a route neither sets nor removes it.", [trim_suffix(word, ":")])
}

# Higress looks for the first match-header, in the name of a parameter too, and skips one character behind it.
violation contains {"msg": msg, "details": {"field": annotations.field(key)}} if {
	input.review.kind.kind == "Ingress"
	routes.ingress
	some key, a in annotations.gateway
	parts := regex.find_all_string_submatch_n(`^(?:exact|prefix|regex).*?match-header.(.*)$`, a.suffix, 1)
	headers.trusted(parts[0][1])
	msg := sprintf("The header %q is the platform's: no route is chosen by it.", [parts[0][1]])
}

violation contains {"msg": msg, "details": {"field": annotations.field(a.key)}} if {
	input.review.kind.kind == "Ingress"
	routes.ingress
	some a in annotations.by_suffix["canary-by-header"]
	headers.trusted(trim_space(a.value))
	msg := sprintf("The header %q is the platform's: no route is chosen by it.", [a.value])
}

violation contains {"msg": msg, "details": {"field": field}} if {
	input.review.kind.kind in {"HTTPRoute", "GRPCRoute"}
	routes.route
	some i, rule in input.review.object.spec.rules
	some j, match in rule.matches
	some k, header in match.headers
	headers.trusted(header.name)
	msg := sprintf("The header %q is the platform's: no route is chosen by it.", [header.name])
	field := sprintf("spec.rules[%d].matches[%d].headers[%d].name", [i, j, k])
}

violation contains {"msg": msg, "details": {"field": field}} if {
	input.review.kind.kind in {"HTTPRoute", "GRPCRoute"}
	routes.route
	some f in routes.filters
	some modifier in ["requestHeaderModifier", "responseHeaderModifier"]
	some action in ["set", "add"]
	some k, header in f.filter[modifier][action]
	headers.kept(header.name)
	msg := sprintf("The header %q is the platform's: a route neither sets nor removes it.", [header.name])
	field := sprintf("%s.%s.%s[%d].name", [f.field, modifier, action, k])
}

violation contains {"msg": msg, "details": {"field": field}} if {
	input.review.kind.kind in {"HTTPRoute", "GRPCRoute"}
	routes.route
	some f in routes.filters
	some modifier in ["requestHeaderModifier", "responseHeaderModifier"]
	some k, name in f.filter[modifier].remove
	headers.kept(name)
	msg := sprintf("The header %q is the platform's: a route neither sets nor removes it.", [name])
	field := sprintf("%s.%s.remove[%d]", [f.field, modifier, k])
}
