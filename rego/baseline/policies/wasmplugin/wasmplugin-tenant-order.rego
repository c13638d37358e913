# METADATA
# title: A tenant's plugin runs below the platform's guards
# description: >-
#   Guards strip identity headers, authenticate and reserve money. A plugin that runs before one of them would decide
#   what the guard sees. Unset priority is the lowest there is.
# custom:
#   id: wasmplugin-tenant-order
#   severity: Critical
#   remedy: Leave spec.phase out, and leave spec.priority out or set it to no more than the settings allow for this plugin.
#   match:
#     kinds: [{apiGroups: [extensions.higress.io], kinds: [WasmPlugin]}]
package tollgate.baseline.wasmplugin_tenant_order

import data.tollgate.lib.plugin
import data.tollgate.lib.tenantplugin

violation contains {"msg": msg, "details": {"field": "spec.phase"}} if {
	tenantplugin.judged
	rank(input.review.object.spec) < 3
	msg := "A tenant's plugin must run in the last phase, UNSPECIFIED_PHASE."
}

violation contains {"msg": msg, "details": {"field": "spec.priority"}} if {
	tenantplugin.judged
	priority := plugin.priority(input.review.object.spec)
	is_number(priority)
	highest := max([e.maxPriority | some e in tenantplugin.entries])
	priority > highest
	msg := sprintf("The priority of this plugin may be %d at most.", [highest])
}

violation contains {"msg": msg, "details": {"field": "spec.priority"}} if {
	tenantplugin.judged
	some name in plugin.guards
	guard := data.tollgate.wasm_plugin[name]
	not above(guard, input.review.object.spec)
	msg := sprintf("The plugin would not run below the platform's guard %s.", [name])
}

above(guard, spec) if rank(guard) < rank(spec)

above(guard, spec) if {
	rank(guard) == rank(spec)
	number(guard) > number(spec)
}

rank(spec) := 0 if spec.phase == "AUTHN"

rank(spec) := 1 if spec.phase == "AUTHZ"

rank(spec) := 2 if spec.phase == "STATS"

rank(spec) := 3 if not object.get(spec, "phase", "") in {"AUTHN", "AUTHZ", "STATS"}

number(spec) := plugin.priority(spec) if is_number(plugin.priority(spec))

number(spec) := -2147483649 if not is_number(plugin.priority(spec))
