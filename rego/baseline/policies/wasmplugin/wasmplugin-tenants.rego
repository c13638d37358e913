# METADATA
# title: Tenants write no WasmPlugin
# description: >-
#   A plugin sees every request and every response of the routes it runs on, and a plugin placed last could rewrite the
#   token counts by which everyone pays. Tenants write none, unless an administrator has listed this very image and
#   digest (settings plugins.tenant); then the other wasmplugin-tenant policies say on which terms.
# custom:
#   id: wasmplugin-tenants
#   severity: Critical
#   remedy: Ask a platform administrator to add the plugin for you, or to list its image and digest under plugins.tenant of the settings.
#   match:
#     kinds: [{apiGroups: [extensions.higress.io, extensions.istio.io], kinds: [WasmPlugin]}]
#     operations: [CREATE, UPDATE, DELETE]
package tollgate.baseline.wasmplugin_tenants

import data.tollgate.lib.scope
import data.tollgate.lib.subject
import data.tollgate.lib.tenantplugin

violation contains {"msg": msg, "details": {"field": ""}} if {
	input.review.kind.group == "extensions.istio.io"
	input.review.kind.kind == "WasmPlugin"
	subject.scoped
	namespace_is_ours
	scope.asks
	msg := "Tenants write no WasmPlugin of Istio: the gateway's control plane reads it too."
}

violation contains {"msg": msg, "details": {"field": "metadata.namespace"}} if {
	input.review.kind.group == "extensions.higress.io"
	input.review.kind.kind == "WasmPlugin"
	input.subject.inGateway == false
	input.review.operation != "DELETE"
	subject.scoped
	msg := "Tenants write no WasmPlugin, and Higress reads them in the gateway's namespace only: here it would do nothing."
}

violation contains {"msg": msg, "details": {"field": "metadata.labels[tollgate.dev/organization]"}} if {
	input.review.kind.group == "extensions.higress.io"
	input.review.kind.kind == "WasmPlugin"
	input.subject.inGateway == true
	input.subject.organization == ""
	subject.scoped
	msg := "The plugin belongs to no organization, so it is the platform's, and tenants do not write, change or delete it."
}

violation contains {"msg": msg, "details": {"field": "spec.url"}} if {
	input.review.kind.group == "extensions.higress.io"
	input.subject.inGateway == true
	input.subject.organization != ""
	tenantplugin.judged
	count(tenantplugin.entries) == 0
	msg := "Tenants write no WasmPlugin whose image and digest an administrator has not listed."
}

# Istio's own objects matter in the gateway's namespace and in those of organizations; others may run a mesh.
namespace_is_ours if input.subject.inGateway == true

namespace_is_ours if input.subject.organization != ""
