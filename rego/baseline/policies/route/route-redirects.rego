# METADATA
# title: The path of a redirect is what it is when it is read
# description: >-
#   The gateway undoes the percent-escapes in the path of a redirect before it pastes Secrets into its configuration:
#   %24%7B is ${, with which it reads Secrets of every namespace, and a newline in the path makes Envoy refuse the routes of
#   all tenants.
# custom:
#   id: route-redirects
#   severity: Critical
#   remedy: Write the URL without escapes for control characters and for a dollar sign before a brace.
#   match:
#     kinds: [{apiGroups: [networking.k8s.io], kinds: [Ingress]}]
package tollgate.baseline.route_redirects

import data.tollgate.lib.annotations
import data.tollgate.lib.routes
import data.tollgate.lib.text

violation contains {"msg": msg, "details": {"field": annotations.field(a.key)}} if {
	input.review.kind.kind == "Ingress"
	routes.ingress
	some suffix in ["permanent-redirect", "temporal-redirect"]
	some a in annotations.by_suffix[suffix]
	contains(a.value, "%")
	what := hidden(a.value)
	msg := sprintf("The URL hides %s behind percent-escapes, which the gateway undoes.", [what])
}

hidden(url) := "a control character" if {
	regex.match(`%([01][0-9A-Fa-f]|7[Ff])`, url)
} else := "${" if {
	text.template(replace(replace(replace(url, "%24", "$"), "%7B", "{"), "%7b", "{"))
}
