# METADATA
# title: Plugins belong in the gateway's namespace
# description: Higress reads WasmPlugins in its own namespace only and says nothing about the others.
# custom:
#   id: wasmplugin-namespace
#   severity: Low
#   remedy: Write the object in the gateway's namespace.
#   match:
#     kinds: [{apiGroups: [extensions.higress.io], kinds: [WasmPlugin]}]
#   enforcement: {webhook: Warn, review: Warn}
package tollgate.baseline.wasmplugin_namespace

import data.tollgate.lib.manifest
import data.tollgate.lib.subject

violation contains {"msg": msg, "details": {"field": "metadata.namespace"}} if {
	input.review.kind.kind == "WasmPlugin"
	input.subject.inGateway == false
	not subject.scoped
	manifest.asserted
	msg := "Higress does not read WasmPlugins in this namespace: the object does nothing."
}
