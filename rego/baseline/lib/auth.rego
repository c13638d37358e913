# METADATA
# title: Plugins that authenticate
# description: >-
#   key-auth and its like, by the name of the image or the object, or by the look of the configuration: an image may have
#   been pushed under another name.
package tollgate.lib.auth

import data.tollgate.lib.manifest
import data.tollgate.lib.plugin

known := {"key-auth", "jwt-auth", "basic-auth", "hmac-auth", "oauth"}

# authenticates holds for plugins whose rules rely on global consumers.
authenticates(wasm) if count(plugin.names(wasm) & known) > 0

authenticates(wasm) if {
	some key in ["consumers", "global_auth"]
	manifest.set(wasm.spec.defaultConfig, key)
}

authenticates(wasm) if {
	some rule in wasm.spec.matchRules
	some name in rule.config.allow
	is_string(name)
	regex.match(`^[a-z0-9-]*[a-z-][a-z0-9-]*(\.[a-z0-9-]+){3}$`, name)
}

# by_credential holds for those where each consumer has a credential in plain text.
by_credential(wasm) if count(plugin.names(wasm) & {"key-auth", "basic-auth"}) > 0
