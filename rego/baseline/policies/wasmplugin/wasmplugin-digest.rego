# METADATA
# title: A plugin is pinned by its digest
# description: >-
#   Tags move: tags of Higress's own plugins were pushed again in place. A digest that does not fit the image cannot be
#   fetched, and a plugin that fails closed and cannot be fetched stops the updates of all others.
# custom:
#   id: wasmplugin-digest
#   severity: High
#   remedy: Write the image as oci://<registry>/<path>@sha256:<64 hex digits>, or set spec.sha256.
#   match:
#     kinds: [{apiGroups: [extensions.higress.io], kinds: [WasmPlugin]}]
package tollgate.baseline.wasmplugin_digest

import data.tollgate.lib.manifest
import data.tollgate.lib.plugin

violation contains {"msg": msg, "details": {"field": "spec.url"}} if {
	input.review.kind.kind == "WasmPlugin"
	manifest.asserted
	not console
	plugin.module(input.review.object.spec).digest == ""
	msg := "The module has no digest: a tag may be another module tomorrow."
}

violation contains {"msg": msg, "details": {"field": "spec.sha256"}} if {
	input.review.kind.kind == "WasmPlugin"
	manifest.asserted
	manifest.filled(input.review.object.spec, "sha256")
	not regex.match(`^[0-9a-f]{64}$`, input.review.object.spec.sha256)
	msg := "sha256 must be 64 hex digits in lower case, without a prefix; anything else fits no module, and the plugin could not be fetched."
}

violation contains {"msg": msg, "details": {"field": "spec.sha256"}} if {
	input.review.kind.kind == "WasmPlugin"
	manifest.asserted
	digest := plugin.module(input.review.object.spec).digest
	regex.match(`^[0-9a-f]{64}$`, input.review.object.spec.sha256)
	digest != concat("", ["sha256:", input.review.object.spec.sha256])
	msg := "sha256 and the digest in url differ: the plugin could not be fetched."
}

# The console writes tags; wasmplugin-digest-console warns about them.
console if input.subject.standing == "Console"
