# METADATA
# title: A tenant's plugin reads nothing of the gateway's pod
# description: >-
#   vmConfig.env with valueFrom HOST hands the plugin an environment variable of the gateway, and imagePullSecret names a
#   Secret of the gateway's namespace.
# custom:
#   id: wasmplugin-tenant-environment
#   severity: Critical
#   remedy: Write the value inline (valueFrom INLINE), and pull the image without a Secret or ask a platform administrator to allow one (parameter pullSecrets).
#   match:
#     kinds: [{apiGroups: [extensions.higress.io], kinds: [WasmPlugin]}]
#   parameters:
#     pullSecrets: []
package tollgate.baseline.wasmplugin_tenant_environment

import data.tollgate.lib.tenantplugin

violation contains {"msg": msg, "details": {"field": field}} if {
	tenantplugin.judged
	some i, env in input.review.object.spec.vmConfig.env
	not object.get(env, "valueFrom", "INLINE") in {"INLINE", ""}
	field := sprintf("spec.vmConfig.env[%d].valueFrom", [i])
	msg := "A tenant's plugin must not read the environment of the gateway."
}

violation contains {"msg": msg, "details": {"field": "spec.imagePullSecret"}} if {
	tenantplugin.judged
	name := input.review.object.spec.imagePullSecret
	not name in {null, ""}
	not name in input.parameters.pullSecrets
	msg := "A tenant's plugin must not use a Secret of the gateway's namespace."
}
