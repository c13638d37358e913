# METADATA
# title: A tenant's plugin holds no templates and no reserved keys
# description: >-
#   The gateway replaces ${secret.<namespace>/<name>.<key>} in a plugin's object by the value of any Secret of any
#   namespace, and a template it cannot resolve leaves the keys of everyone unresolved. Keys that begin with an
#   underscore are how the gateway writes rules into a configuration.
# custom:
#   id: wasmplugin-tenant-text
#   severity: Critical
#   remedy: Write the value itself, without a dollar sign before a brace; rename keys that begin with an underscore.
#   match:
#     kinds: [{apiGroups: [extensions.higress.io], kinds: [WasmPlugin]}]
package tollgate.baseline.wasmplugin_tenant_text

import data.tollgate.lib.manifest
import data.tollgate.lib.plugin
import data.tollgate.lib.tenantplugin
import data.tollgate.lib.text

violation contains {"msg": msg, "details": {"field": field}} if {
	not input.texts.template == false # the engine has seen that some text holds ${
	tenantplugin.judged
	some [path, value] in manifest.strings(written)
	text.template(value)
	field := manifest.field(path)
	msg := "A tenant's plugin must not contain ${: the gateway would put a Secret's value there."
}

violation contains {"msg": msg, "details": {"field": field}} if {
	not input.texts.underscore == false # the engine has seen that some key begins so
	tenantplugin.judged
	some [at, config] in plugin.configs(input.review.object.spec)
	walk(config, [path, node])
	is_object(node)
	some key, _ in node
	startswith(key, "_")
	field := manifest.field(array.concat(["spec"], array.concat(at, array.concat(path, [key]))))
	msg := sprintf("The key %s begins with an underscore: such keys are the gateway's own.", [key])
}

# written is what the requester wrote: the server's own notes about who owns which field repeat the names of fields.
written := json.remove(input.review.object, ["metadata/managedFields", "status"])
