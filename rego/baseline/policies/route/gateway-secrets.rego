# METADATA
# title: Listeners use certificates of their organization
# description: >-
#   A listener may name a Secret of any namespace. It takes the consent of who owns it, by a ReferenceGrant, to present
#   their certificate.
# custom:
#   id: gateway-secrets
#   severity: Critical
#   remedy: Name a Secret of the organization's own namespaces, or have its owner write a ReferenceGrant.
#   match:
#     kinds:
#       - {apiGroups: [gateway.networking.k8s.io], kinds: [Gateway, ListenerSet]}
#       - {apiGroups: [gateway.networking.x-k8s.io], kinds: [XListenerSet]}
package tollgate.baseline.gateway_secrets

import data.tollgate.lib.routes
import data.tollgate.lib.targets

violation contains {"msg": msg, "details": {"field": reference.field}} if {
	input.review.kind.kind in {"Gateway", "ListenerSet", "XListenerSet"}
	routes.listener
	some reference in references
	not targets.usable(object.union({"kind": "Secret"}, reference.ref))
	msg := sprintf("%q is not in a namespace of the organization, and no ReferenceGrant allows it.", [reference.ref.name])
}

references := array.concat(
	[{"field": sprintf("spec.listeners[%d].tls.certificateRefs[%d]", [i, j]), "ref": ref} |
		some i, listener in input.review.object.spec.listeners
		some j, ref in listener.tls.certificateRefs
	],
	array.concat(
		[{"field": sprintf("spec.listeners[%d].tls.frontendValidation.caCertificateRefs[%d]", [i, j]), "ref": ref} |
			some i, listener in input.review.object.spec.listeners
			some j, ref in listener.tls.frontendValidation.caCertificateRefs
		],
		array.concat(
			[{"field": "spec.tls.backend.clientCertificateRef", "ref": ref} |
				some ref in [input.review.object.spec.tls.backend.clientCertificateRef]
			],
			frontend,
		),
	),
)

# frontend are the authorities of clients' certificates, for a whole Gateway or a port of it.
frontend := array.concat(
	[{"field": sprintf("spec.tls.frontend.default.validation.caCertificateRefs[%d]", [i]), "ref": ref} |
		some i, ref in input.review.object.spec.tls.frontend["default"].validation.caCertificateRefs
	],
	[{"field": sprintf("spec.tls.frontend.perPort[%d].tls.validation.caCertificateRefs[%d]", [i, j]), "ref": ref} |
		some i, port in input.review.object.spec.tls.frontend.perPort
		some j, ref in port.tls.validation.caCertificateRefs
	],
)
