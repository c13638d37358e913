# METADATA
# title: Numbers of routes are ones that the gateway can use
# description: >-
#   A limit of zero, a negative one or a duration beyond what Envoy holds makes a configuration that it refuses as a
#   whole, so that no tenant's change gets through. Older versions of Higress pass on what stands there.
# custom:
#   id: route-numbers
#   severity: High
#   remedy: Write a whole number within the bounds that the message says.
#   match:
#     kinds:
#       - {apiGroups: [networking.k8s.io], kinds: [Ingress]}
#       - {apiGroups: [gateway.networking.k8s.io], kinds: [HTTPRoute]}
#   parameters:
#     # Smallest and largest value, by the part of the annotation behind the slash.
#     bounds:
#       timeout: [0, 86400]
#       proxy-next-upstream-tries: [0, 20]
#       proxy-next-upstream-timeout: [0, 86400]
#       canary-weight: [0, 10000]
#       canary-weight-total: [1, 10000]
#       route-limit-rpm: [1, 1000000000]
#       route-limit-rps: [1, 10000000]
#       route-limit-burst-multiplier: [1, 1000]
#       session-cookie-max-age: [0, 315360000]
#       session-cookie-expires: [0, 315360000]
#       mirror-percentage: [0, 100]
#       mirror-target-fqdn-port: [1, 65535]
#       cors-max-age: [-1, 315360000]
#       permanent-redirect-code: [301, 308]
package tollgate.baseline.route_numbers

import data.tollgate.lib.annotations
import data.tollgate.lib.routes
import data.tollgate.lib.scope

violation contains {"msg": msg, "details": {"field": annotations.field(key)}} if {
	input.review.kind.kind == "Ingress"
	routes.ingress
	some key, a in annotations.gateway
	bounds := input.parameters.bounds[a.suffix]
	not within(a.value, bounds)
	binding(a.value)
	msg := sprintf("%q is not a whole number from %d to %d.", [a.value, bounds[0], bounds[1]])
}

violation contains {"msg": msg, "details": {"field": annotations.field(a.key)}} if {
	input.review.kind.kind == "Ingress"
	routes.ingress
	some a in annotations.by_suffix["permanent-redirect-code"]
	a.value in {"304", "305", "306"}
	msg := sprintf("%s is not a redirect: write 301, 302, 303, 307 or 308.", [a.value])
}

# The controller multiplies both in 32 bits, and Envoy refuses a bucket of nothing.
violation contains {"msg": msg, "details": {"field": annotations.field(a.key)}} if {
	input.review.kind.kind == "Ingress"
	routes.ingress
	some suffix in ["route-limit-rpm", "route-limit-rps"]
	some a in annotations.by_suffix[suffix]
	some burst in bursts
	number(a.value) * burst > 4294967295
	msg := sprintf("%s times %d, the route-limit-burst-multiplier, is more than 4294967295.", [a.value, burst])
}

bursts := {number(b.value) | some b in annotations.by_suffix["route-limit-burst-multiplier"]} | {5}

# Shares are divided by their sum: that of nothing, or one beyond 32 bits, gives weights that Envoy refuses.
violation contains {"msg": msg, "details": {"field": annotations.field(a.key), "remedy": "Write shares between 0% and 10000%, not all of them 0%."}} if {
	input.review.kind.kind == "Ingress"
	routes.ingress
	some a in annotations.by_suffix.destination
	msg := shares(a.value)
}

shares(value) := "A share is larger than 10000%." if {
	some found in regex.find_all_string_submatch_n(`(?:^|\n)[ \t\r]*0*([1-9][0-9]*)%`, value, -1)
	not small(found[1])
} else := "All shares are 0%." if {
	regex.match(`^([ \t\r]*0+%[^\n]*(\n|$)){2,}[ \t\r]*$`, value)
}

small(text) if number(text) <= 10000

# number of a text that is a whole number of few digits.
number(text) := to_number(text) if regex.match(`^(0|[1-9][0-9]{0,11})$`, text)

# The gateway tries as often as it is told: a number below zero is four thousand million.
violation contains {"msg": msg, "details": {"field": sprintf("spec.rules[%d].retry.attempts", [i])}} if {
	input.review.kind.kind == "HTTPRoute"
	routes.route
	some i, rule in input.review.object.spec.rules
	bounds := input.parameters.bounds["proxy-next-upstream-tries"]
	attempts := rule.retry.attempts
	not attempts in numbers.range(bounds[0], bounds[1])
	msg := sprintf("%d is not a number from %d to %d.", [attempts, bounds[0], bounds[1]])
}

# The schema of an HTTPRoute bounds all but that and this: Envoy waits between two tries for more than no time.
violation contains {"msg": msg, "details": {
	"field": sprintf("spec.rules[%d].retry.backoff", [i]),
	"remedy": "Write 25ms or more, or leave it out.",
}} if {
	input.review.kind.kind in {"HTTPRoute", "GRPCRoute"}
	routes.route
	some i, rule in input.review.object.spec.rules
	regex.match(`^(0+(h|m|s|ms))+$`, rule.retry.backoff)
	msg := sprintf("%q is no time between two tries.", [rule.retry.backoff])
}

# What is no number the gateway ignores. A tenant is told; elsewhere, where annotations of other controllers are at home,
# only what would stop everybody is refused.
binding(_) if scope.tenant

binding(value) if regex.match(`^[+-]?[0-9]+$`, value)

within(value, [smallest, largest]) if {
	regex.match(`^-?(0|[1-9][0-9]{0,11})$`, value)
	number := to_number(value)
	number >= smallest
	number <= largest
}
