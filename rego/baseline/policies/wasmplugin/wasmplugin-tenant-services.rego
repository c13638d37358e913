# METADATA
# title: A tenant's plugin calls the tenant's own services
# description: >-
#   A plugin calls services by their name in the gateway's mesh, where no namespace bounds it. The last plugin that names
#   a Redis decides the user, the password and the database for every plugin that uses it.
# custom:
#   id: wasmplugin-tenant-services
#   severity: Critical
#   remedy: Name a Service in a namespace of your organization (redis.acme-data.svc.cluster.local), or ask a platform administrator to share one (parameter shared).
#   match:
#     kinds: [{apiGroups: [extensions.higress.io], kinds: [WasmPlugin]}]
#   parameters:
#     # Keys whose values are services; case, hyphens and underscores do not count.
#     keys: [servicename, servicefqdn, serviceaddress, proxyservicename, vertexauthservicename, openaicustomservicename, modelservicename]
#     # Services that every tenant's plugin may call.
#     shared: []
package tollgate.baseline.wasmplugin_tenant_services

import data.tollgate.lib.manifest
import data.tollgate.lib.plugin
import data.tollgate.lib.subject
import data.tollgate.lib.tenantplugin

violation contains {"msg": msg, "details": {"field": field}} if {
	tenantplugin.judged
	some [at, config] in plugin.configs(input.review.object.spec)
	walk(config, [path, node])
	is_object(node)
	some key, value in node
	lower(replace(replace(key, "_", ""), "-", "")) in input.parameters.keys
	not own(value)
	field := manifest.field(array.concat(["spec"], array.concat(at, array.concat(path, [key]))))
	msg := "A tenant's plugin must call services of the organization only."
}

own(name) if name in input.parameters.shared

own(name) if {
	is_string(name)
	parts := regex.find_all_string_submatch_n(`^[a-z0-9-]+\.([a-z0-9-]+)\.svc(\.cluster\.local)?$`, name, 1)[0]
	subject.own_namespace(parts[1])
}

own(name) if {
	input.subject.organization != ""
	data.tollgate.mcp_service[name].owner == input.subject.organization
}
