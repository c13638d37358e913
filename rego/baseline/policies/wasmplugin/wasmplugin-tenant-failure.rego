# METADATA
# title: A tenant's plugin fails open
# description: >-
#   The gateway rejects the whole update of its plugins while one that fails closed cannot be fetched: nobody's change
#   gets through until the image is back. Whoever owns the
#   registry decides when that is.
# custom:
#   id: wasmplugin-tenant-failure
#   severity: High
#   remedy: Set spec.failStrategy to FAIL_OPEN.
#   match:
#     kinds: [{apiGroups: [extensions.higress.io], kinds: [WasmPlugin]}]
package tollgate.baseline.wasmplugin_tenant_failure

import data.tollgate.lib.tenantplugin

violation contains {"msg": msg, "details": {"field": "spec.failStrategy"}} if {
	tenantplugin.judged
	object.get(input.review.object.spec, "failStrategy", "FAIL_CLOSE") != "FAIL_OPEN"
	msg := "If this image cannot be fetched, no plugin of the gateway can be updated."
}
