# METADATA
# title: An image by digest is pulled once
# description: >-
#   A digest names one image for ever. Asking the registry for it again makes the gateway depend on the registry at every
#   start.
# custom:
#   id: mutation-pull-policy
#   kind: Mutation
#   severity: Low
#   match:
#     kinds: [{apiGroups: [extensions.higress.io], kinds: [WasmPlugin]}]
package tollgate.baseline.mutation_pull_policy

import data.tollgate.lib.manifest
import data.tollgate.lib.plugin

mutation contains {"op": "add", "path": "/spec/imagePullPolicy", "value": "IfNotPresent"} if {
	input.review.kind.kind == "WasmPlugin"
	input.subject.inGateway == true
	not manifest.set(input.review.object.spec, "imagePullPolicy")
	module := plugin.module(input.review.object.spec)
	module.scheme == "oci"
	module.digest != ""
}
