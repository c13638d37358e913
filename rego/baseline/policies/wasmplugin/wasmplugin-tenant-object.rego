# METADATA
# title: A tenant's plugin is named as the tenant's
# description: >-
#   In the gateway's namespace the console and the controller find their plugins by name and by label, and write
#   configurations with keys into what they find. A tenant's object must not be taken for one of theirs.
# custom:
#   id: wasmplugin-tenant-object
#   severity: High
#   remedy: Begin the object's name with the name of the organization and a hyphen (acme-transformer), and leave out labels and annotations of higress.io.
#   match:
#     kinds: [{apiGroups: [extensions.higress.io], kinds: [WasmPlugin]}]
package tollgate.baseline.wasmplugin_tenant_object

import data.tollgate.lib.manifest
import data.tollgate.lib.tenantplugin

violation contains {"msg": msg, "details": {"field": "metadata.name"}} if {
	tenantplugin.judged
	input.review.operation == "CREATE"
	not own(name)
	msg := sprintf("The name of the organization's plugin must begin with %s- and not end in .internal.", [input.subject.organization])
}

violation contains {"msg": msg, "details": {"field": field}} if {
	tenantplugin.judged
	some part in ["labels", "annotations"]
	some key, _ in input.review.object.metadata[part]
	regex.match(`(?i)^([a-z0-9.-]+\.)?higress\.io/`, key)
	field := manifest.field(["metadata", part, key])
	msg := "By labels and annotations of Higress the console knows its own objects; this one is the organization's."
}

default name := ""

name := input.review.object.metadata.generateName if not manifest.filled(input.review.object.metadata, "name")

name := input.review.object.metadata.name if manifest.filled(input.review.object.metadata, "name")

own(text) if {
	input.subject.organization != ""
	startswith(text, concat("", [input.subject.organization, "-"]))
	not endswith(text, ".internal")
}
