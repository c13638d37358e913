# METADATA
# title: A metered route passes on what was metered
# description: >-
#   Guards and meters see a request once, and know a model's API by its path. What the router does behind them they do
#   not see: a rewrite calls an API that was not asked for, and each retry is paid for and not counted.
# custom:
#   id: route-metered
#   severity: Critical
#   remedy: Leave rewrites and retries out (clients call the API by its own path), or let Tollgate's controller make the route.
#   match:
#     kinds:
#       - {apiGroups: [networking.k8s.io], kinds: [Ingress]}
#       - {apiGroups: [gateway.networking.k8s.io], kinds: [HTTPRoute, GRPCRoute]}
#   parameters:
#     # Annotations that change a request behind the guards, by the beginning of the part behind the slash.
#     # (After an error a default backend gets the same request once more, with the provider's key in it.)
#     annotations: [rewrite-, full-path-regex, upstream-vhost, proxy-next-upstream, mirror-, app-root, permanent-redirect, temporal-redirect, default-backend, custom-http-errors]
#     # Filters of the Gateway API that do.
#     filters: [URLRewrite, RequestRedirect, RequestMirror]
package tollgate.baseline.route_metered

import data.tollgate.lib.annotations
import data.tollgate.lib.metered
import data.tollgate.lib.routes
import data.tollgate.lib.scope

violation contains {"msg": msg, "details": {"field": annotations.field(key)}} if {
	input.review.kind.kind == "Ingress"
	routes.ingress
	scope.tenant
	metered.fields[0]
	some key, a in annotations.gateway
	strings.any_prefix_match(a.suffix, input.parameters.annotations)
	msg := sprintf("The route reaches an LLM provider, and %q acts on requests that were metered already.", [key])
}

violation contains {"msg": msg, "details": {"field": f.field}} if {
	input.review.kind.kind in {"HTTPRoute", "GRPCRoute"}
	routes.route
	scope.tenant
	metered.fields[0]
	some f in routes.filters
	f.filter.type in input.parameters.filters
	msg := sprintf("The route reaches an LLM provider, and the filter %s acts on requests that were metered already.", [f.filter.type])
}

violation contains {"msg": msg, "details": {"field": sprintf("spec.rules[%d].retry", [i])}} if {
	input.review.kind.kind in {"HTTPRoute", "GRPCRoute"}
	routes.route
	scope.tenant
	metered.fields[0]
	some i, rule in input.review.object.spec.rules
	rule.retry
	msg := "The route reaches an LLM provider, and retries are paid for and not counted."
}
