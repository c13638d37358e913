# METADATA
# title: Plugins of tenants
# description: >-
#   The allowance of an administrator (settings plugins.tenant) and the part of a tenant's WasmPlugin it speaks of.
package tollgate.lib.tenantplugin

import data.tollgate.lib.manifest
import data.tollgate.lib.plugin
import data.tollgate.lib.subject

# judged holds when a tenant's plugin is written where Higress reads it. (wasmplugin-tenants refuses those that belong to
# no organization; more reasons would only hide that one.)
judged if {
	input.review.kind.kind == "WasmPlugin"
	input.subject.inGateway == true
	input.subject.organization != ""
	input.review.operation != "DELETE"
	subject.scoped
	manifest.asserted
}

# entries are those of the allowance that name the object's image and digest.
entries := listed(input.review.object.spec)

# listed are the entries that name the image and digest of a spec.
listed(spec) := {entry |
	module := plugin.module(spec)
	module.scheme == "oci"
	module.digest != ""
	some entry in data.tollgate.settings.plugins.tenant
	entry.digest == module.digest
	trim_prefix(entry.plugin, "oci://") == module.repository
}

# rules are [index, rule] of every rule, disabled ones too: one word enables them.
rules := [[i, rule] | some i, rule in input.review.object.spec.matchRules]

# own_route holds for names of routes in the organization's namespaces: acme-chat/web, GRPC/acme-chat/api.
own_route(name) if {
	is_string(name)
	parts := split(trim_prefix(name, "GRPC/"), "/")
	count(parts) == 2
	parts[1] != ""
	subject.own_namespace(parts[0])
}
