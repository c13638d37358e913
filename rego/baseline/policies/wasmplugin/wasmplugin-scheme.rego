# METADATA
# title: Plugins are images
# description: >-
#   A file is read from the gateway's own disk, and plain HTTP can be changed on the way. Neither shows which code runs.
# custom:
#   id: wasmplugin-scheme
#   severity: High
#   remedy: Push the module as an OCI image and write oci://<registry>/<path>@sha256:<digest>. Plain HTTP can be allowed in the settings (plugins.allowPlainHTTP), files by the parameter allowFiles.
#   match:
#     kinds: [{apiGroups: [extensions.higress.io], kinds: [WasmPlugin]}]
#   parameters:
#     allowFiles: false
package tollgate.baseline.wasmplugin_scheme

import data.tollgate.lib.manifest

violation contains {"msg": msg, "details": {"field": "spec.url"}} if {
	input.review.kind.kind == "WasmPlugin"
	manifest.asserted
	parts := split(input.review.object.spec.url, "://")
	count(parts) > 1
	not allowed(lower(parts[0]))
	msg := "A plugin must not be loaded from this kind of URL."
}

violation contains {"msg": msg, "details": {"field": "spec.url"}} if {
	input.review.kind.kind == "WasmPlugin"
	manifest.asserted
	object.get(input.review.object.spec, "url", "") == ""
	msg := "A plugin must have a URL."
}

allowed("oci")

allowed("https")

allowed("http") if data.tollgate.settings.plugins.allowPlainHTTP == true

allowed("file") if input.parameters.allowFiles == true
