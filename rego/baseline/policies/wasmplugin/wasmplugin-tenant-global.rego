# METADATA
# title: A tenant's plugin has no global configuration
# description: >-
#   defaultConfig and pluginConfig hold for every request of the gateway that no rule matches, everyone's. Without
#   defaultConfigDisable a plugin whose rules are all disabled stays active for everyone, with an empty configuration.
# custom:
#   id: wasmplugin-tenant-global
#   severity: Critical
#   remedy: Move the configuration into the rules, under matchRules[].config, and set spec.defaultConfigDisable to true.
#   match:
#     kinds: [{apiGroups: [extensions.higress.io], kinds: [WasmPlugin]}]
package tollgate.baseline.wasmplugin_tenant_global

import data.tollgate.lib.manifest
import data.tollgate.lib.tenantplugin

violation contains {"msg": msg, "details": {"field": "spec.pluginConfig"}} if {
	tenantplugin.judged
	manifest.set(input.review.object.spec, "pluginConfig")
	msg := "A tenant's plugin must have no pluginConfig: it holds for every request of the gateway."
}

violation contains {"msg": msg, "details": {"field": "spec.defaultConfig"}} if {
	tenantplugin.judged
	config := input.review.object.spec.defaultConfig
	not config in [null, {}]
	msg := "A tenant's plugin must have no defaultConfig: it holds for every request that no rule matches."
}

violation contains {"msg": msg, "details": {"field": "spec.defaultConfigDisable"}} if {
	tenantplugin.judged
	object.get(input.review.object.spec, "defaultConfigDisable", false) != true
	msg := "A tenant's plugin must have defaultConfigDisable: true."
}
