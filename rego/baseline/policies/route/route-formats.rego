# METADATA
# title: Header values are plain text
# description: >-
#   Envoy formats the values of headers that a route sets: %ENVIRONMENT(...)% is a variable of the gateway's own process,
#   and a percent sign that begins no format makes it refuse the routes of all tenants. So do a header without a name,
#   more than a thousand headers, and very long ones.
# custom:
#   id: route-formats
#   severity: High
#   remedy: Write a percent sign twice where one is meant, and no formats.
#   match:
#     kinds:
#       - {apiGroups: [networking.k8s.io], kinds: [Ingress]}
#       - {apiGroups: [gateway.networking.k8s.io], kinds: [HTTPRoute, GRPCRoute]}
package tollgate.baseline.route_formats

import data.tollgate.lib.annotations
import data.tollgate.lib.routes

violation contains {"msg": msg, "details": {"field": field}} if {
	input.review.kind.kind in {"HTTPRoute", "GRPCRoute"}
	routes.route
	some f in routes.filters
	some modifier in ["requestHeaderModifier", "responseHeaderModifier"]
	some action in ["set", "add"]
	some i, header in f.filter[modifier][action]
	format(header.value)
	field := sprintf("%s.%s.%s[%d].value", [f.field, modifier, action, i])
	msg := sprintf("The value of the header %q has a single percent sign, with which Envoy begins a format.", [header.name])
}

violation contains {"msg": msg, "details": {"field": annotations.field(key)}} if {
	input.review.kind.kind == "Ingress"
	routes.ingress
	some key, a in annotations.gateway
	regex.match(`^(request|response)-header-control-(add|update)$`, a.suffix)
	format(a.value)
	msg := "A header's value has a single percent sign, with which Envoy begins a format."
}

# The schema asks names of headers to be names, but not of those to remove.
violation contains {"msg": "Envoy refuses to remove a header without a name.", "details": {"field": field, "remedy": "Give each header a name."}} if {
	routes.route
	some f in routes.filters
	some modifier in ["requestHeaderModifier", "responseHeaderModifier"]
	some i, "" in f.filter[modifier].remove
	field := sprintf("%s.%s.remove[%d]", [f.field, modifier, i])
}

# The gateway takes quotes off a name, and Envoy refuses one of nothing.
violation contains {"msg": msg, "details": {"field": annotations.field(key), "remedy": "Give each header a name, and write fewer or shorter ones."}} if {
	input.review.kind.kind == "Ingress"
	routes.ingress
	some key, a in annotations.gateway
	regex.match(`^(request|response)-header-control-(add|update|remove)$`, a.suffix)
	msg := unfit(a.value)
}

unfit(value) := "A line names no header." if {
	regex.match(`(^|\n)[\s\pZ]*(""|'')([\s\pZ]|$)`, value)
} else := "Envoy takes no more than 1000 headers." if {
	strings.count(value, "\n") + strings.count(value, ",") > 499 # adding and updating together
} else := "Envoy takes no header longer than 16 KiB." if {
	count(value) > 4000
	count(base64.encode(value)) > 21000
}

format(value) if contains(replace(value, "%%", ""), "%")
