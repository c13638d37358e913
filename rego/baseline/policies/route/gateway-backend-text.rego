# METADATA
# title: What is said of backends is plain text
# description: >-
#   The gateway makes configuration of a BackendTLSPolicy or an XBackendTrafficPolicy, whatever Gateway leads to the
#   backend, and pastes Secrets of every namespace where their text holds ${: a URI of a certificate, say. What a Secret
#   of their author's own holds could name a certificate of anybody's.
# custom:
#   id: gateway-backend-text
#   severity: Critical
#   remedy: Write the text itself, without a dollar sign before a brace and without control characters.
#   match:
#     kinds:
#       - {apiGroups: [gateway.networking.k8s.io], kinds: [BackendTLSPolicy]}
#       - {apiGroups: [gateway.networking.x-k8s.io], kinds: [XBackendTrafficPolicy]}
package tollgate.baseline.gateway_backend_text

import data.tollgate.lib.manifest
import data.tollgate.lib.scope
import data.tollgate.lib.subject
import data.tollgate.lib.text

violation contains {"msg": msg, "details": {"field": manifest.field(path)}} if {
	input.review.kind.kind in {"BackendTLSPolicy", "XBackendTrafficPolicy"}
	subject.scoped
	scope.writes
	some [path, string] in manifest.strings({"spec": input.review.object.spec})
	msg := unfit(string)
}

unfit(string) := "The text holds ${, with which the gateway reads Secrets of every namespace." if {
	text.template(string)
} else := "The text holds a control character or a newline." if {
	text.control(string)
}
