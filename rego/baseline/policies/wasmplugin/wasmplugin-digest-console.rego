# METADATA
# title: The console should write digests
# description: >-
#   Higress's console writes its plugins with tags, which move. It can be configured with images by digest; until then
#   its writes pass with a warning, and the audit lists the objects.
# custom:
#   id: wasmplugin-digest-console
#   severity: Medium
#   remedy: Configure the console's plugin images by digest, then set this policy to Deny in the settings.
#   match:
#     kinds: [{apiGroups: [extensions.higress.io], kinds: [WasmPlugin]}]
#   enforcement: {webhook: Warn, review: Warn}
package tollgate.baseline.wasmplugin_digest_console

import data.tollgate.lib.manifest
import data.tollgate.lib.plugin

violation contains {"msg": msg, "details": {"field": "spec.url"}} if {
	input.review.kind.kind == "WasmPlugin"
	input.subject.standing == "Console"
	manifest.asserted
	plugin.module(input.review.object.spec).digest == ""
	msg := "The console wrote a plugin without a digest: a tag may be another module tomorrow."
}
