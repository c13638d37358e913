# METADATA
# title: Plugins come from allowed registries
# description: >-
#   A plugin is code in the gateway. It comes from the platform's registries, or for an organization's own plugin also
#   from that organization's. A URL that is not written in the plain way could be read differently by who fetches it.
# custom:
#   id: wasmplugin-registry
#   severity: Critical
#   remedy: Push the module to an allowed registry, or ask a platform administrator to allow this one (plugins.registries of the settings, spec.pluginRegistries of the Organization).
#   match:
#     kinds: [{apiGroups: [extensions.higress.io], kinds: [WasmPlugin]}]
package tollgate.baseline.wasmplugin_registry

import data.tollgate.lib.manifest
import data.tollgate.lib.plugin

violation contains {"msg": msg, "details": {"field": "spec.url", "remedy": remedy}} if {
	input.review.kind.kind == "WasmPlugin"
	manifest.asserted
	not plugin.module(object.get(input.review.object, "spec", {}))
	not other_scheme
	msg := "The URL is no plain reference of an image."
	remedy := "Write oci://<registry>/<path>@sha256:<64 hex digits>: no user, no query, lower-case path and digest."
}

violation contains {"msg": msg, "details": {"field": "spec.url"}} if {
	input.review.kind.kind == "WasmPlugin"
	manifest.asserted
	module := plugin.module(input.review.object.spec)
	not allowed(module.repository)
	msg := "The module's registry is not allowed."
}

# Other schemes are wasmplugin-scheme's to refuse.
other_scheme if {
	parts := split(input.review.object.spec.url, "://")
	count(parts) > 1
	not lower(parts[0]) in {"oci", "http", "https"}
}

allowed(repository) if {
	some registry in data.tollgate.settings.plugins.registries
	within(repository, registry)
}

allowed(repository) if {
	input.subject.organization != ""
	some registry in data.tollgate.organization[input.subject.organization].pluginRegistries
	within(repository, registry)
}

within(repository, registry) if repository == registry

within(repository, registry) if startswith(repository, concat("", [trim_suffix(registry, "/"), "/"]))
