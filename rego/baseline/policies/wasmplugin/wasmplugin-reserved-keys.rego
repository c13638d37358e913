# METADATA
# title: Keys that begin with an underscore are the gateway's
# description: >-
#   Higress writes rules and their conditions into a configuration as _rules_, _match_route_, _match_domain_ and
#   _match_service_. Such a key in a configuration changes what a rule matches, is replaced without a word, or switches
#   the plugin off (_disable_).
# custom:
#   id: wasmplugin-reserved-keys
#   severity: High
#   remedy: Remove the key; say what a rule matches with ingress, domain and service, and leave a rule out instead of disabling the plugin in it.
#   match:
#     kinds: [{apiGroups: [extensions.higress.io], kinds: [WasmPlugin]}]
#   parameters:
#     # Keys that only name the plugin in log lines.
#     allowed: [_plugin_id_]
package tollgate.baseline.wasmplugin_reserved_keys

import data.tollgate.lib.manifest
import data.tollgate.lib.plugin

violation contains {"msg": msg, "details": {"field": field}} if {
	input.review.kind.kind == "WasmPlugin"
	not input.texts.underscore == false # the engine has seen that some key begins so
	manifest.asserted
	some [path, config] in plugin.configs(input.review.object.spec)
	some key, _ in config
	startswith(key, "_")
	not key in input.parameters.allowed
	field := manifest.field(array.concat(["spec"], array.concat(path, [key])))
	msg := sprintf("%s is a key that the gateway itself writes.", [key])
}
