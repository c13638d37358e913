# METADATA
# title: What is said of backends is what the gateway can use
# description: >-
#   The gateway makes configuration of a BackendTLSPolicy or an XBackendTrafficPolicy, whatever Gateway leads to the
#   backend, and pastes Secrets of every namespace where their text holds ${: in the URI of a certificate, say. What a
#   Secret of their author's own holds could name a certificate of anybody's. Over a rate of retries without a count its
#   controller breaks down.
# custom:
#   id: gateway-backend-policies
#   severity: Critical
#   remedy: Write the text itself, without a dollar sign before a brace and without control characters.
#   match:
#     kinds:
#       - {apiGroups: [gateway.networking.k8s.io], kinds: [BackendTLSPolicy]}
#       - {apiGroups: [gateway.networking.x-k8s.io], kinds: [XBackendTrafficPolicy]}
package tollgate.baseline.gateway_backend_policies

import data.tollgate.lib.manifest
import data.tollgate.lib.scope
import data.tollgate.lib.subject
import data.tollgate.lib.text

violation contains {"msg": msg, "details": {"field": manifest.field(path)}} if {
	judged
	some [path, string] in manifest.strings({"spec": input.review.object.spec})
	msg := unfit(string)
}

# The schema fills in a rate that is left out, and not the half of one.
violation contains {"msg": msg, "details": {"field": concat("", ["spec.retryConstraint.", key]), "remedy": "Write both count and interval, or leave minRetryRate out."}} if {
	judged
	some key, part in {"budget": "percent", "minRetryRate": "count"}
	given := input.review.object.spec.retryConstraint[key]
	not manifest.set(given, part)
	msg := sprintf("Without %s the gateway's controller breaks down over it.", [part])
}

judged if {
	input.review.kind.kind in {"BackendTLSPolicy", "XBackendTrafficPolicy"}
	subject.scoped
	scope.writes
}

unfit(string) := "The text holds ${, with which the gateway reads Secrets of every namespace." if {
	text.template(string)
} else := "The text holds a control character or a newline." if {
	text.control(string)
}
