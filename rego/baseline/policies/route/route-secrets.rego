# METADATA
# title: Routes name Secrets of their own organization
# description: >-
#   The gateway reads a Secret of any namespace that an annotation names as <namespace>/<name>, and nobody asks whether
#   the route's author may.
# custom:
#   id: route-secrets
#   severity: Critical
#   remedy: Name a Secret of the organization's own namespaces.
#   match:
#     kinds: [{apiGroups: [networking.k8s.io], kinds: [Ingress]}]
package tollgate.baseline.route_secrets

import data.tollgate.lib.annotations
import data.tollgate.lib.routes
import data.tollgate.lib.targets

violation contains {"msg": msg, "details": {"field": annotations.field(a.key)}} if {
	input.review.kind.kind == "Ingress"
	routes.ingress
	some suffix in ["auth-tls-secret", "proxy-ssl-secret", "auth-secret"]
	some a in annotations.by_suffix[suffix]
	not targets.own_object(a.value)
	msg := sprintf("%q is not a Secret of the organization's namespaces.", [a.value])
}

violation contains {"msg": msg, "details": {"field": field}} if {
	input.review.kind.kind == "Ingress"
	routes.ingress
	some i, tls in input.review.object.spec.tls
	tls.secretName != ""
	not targets.own_object(tls.secretName)
	msg := sprintf("%q is not a Secret of the organization's namespaces.", [tls.secretName])
	field := sprintf("spec.tls[%d].secretName", [i])
}
