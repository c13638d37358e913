# METADATA
# title: Every registry works
# description: >-
#   Higress drops a service without a word when one entry of its address list is wrong, and of two registries with one
#   type and name the later replaces the other: traffic meant for one provider, with its key, goes to another.
# custom:
#   id: mcpbridge-registries
#   severity: High
#   remedy: Give every registry a type, a name of its own, and addresses in the form of its type (static ip:port, dns host names with a dot).
#   match:
#     kinds: [{apiGroups: [networking.higress.io], kinds: [McpBridge]}]
package tollgate.baseline.mcpbridge_registries

import data.tollgate.lib.address
import data.tollgate.lib.mcpbridge

violation contains {"msg": msg, "details": {"field": field}} if {
	mcpbridge.judged
	some i, registry in input.review.object.spec.registries
	not object.get(registry, "type", "") in {"nacos", "nacos2", "nacos3", "zookeeper", "consul", "eureka", "static", "dns"}
	field := sprintf("spec.registries[%d].type", [i])
	msg := "Higress knows no registry of this type; it would report an error for the whole object."
}

violation contains {"msg": msg, "details": {"field": field}} if {
	mcpbridge.judged
	some i, registry in input.review.object.spec.registries
	object.get(registry, "name", "") == ""
	field := sprintf("spec.registries[%d].name", [i])
	msg := "A registry must have a name."
}

violation contains {"msg": msg, "details": {"field": field}} if {
	mcpbridge.judged
	pairs := [concat("/", [registry.type, registry.name]) | some registry in input.review.object.spec.registries]
	count(pairs) != count({pair | some pair in pairs})
	some i, pair in pairs
	some earlier in array.slice(pairs, 0, i)
	earlier == pair
	field := sprintf("spec.registries[%d].name", [i])
	msg := "There is a registry of this type and name already; one of the two would replace the other."
}

violation contains {"msg": msg, "details": {"field": field}} if {
	mcpbridge.judged
	some i, registry in input.review.object.spec.registries
	not i in plain
	some text in split(object.get(registry, "domain", ""), ",")
	not fits(registry.type, trim_space(text))
	field := sprintf("spec.registries[%d].domain", [i])
	msg := sprintf("%q is no address for a registry of type %s: Higress would drop the whole service.", [text, registry.type])
}

# plain are the registries with one DNS name in its normal form, as nearly all are.
plain := {i |
	some i, registry in input.review.object.spec.registries
	registry.type == "dns"
	regex.match(`^([a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9])?\.)+[a-z]([a-z0-9-]{0,61}[a-z0-9])?$`, registry.domain)
	count(registry.domain) <= 253
}

fits("dns", text) if {
	contains(trim_suffix(text, "."), ".")
	address.name(lower(trim_suffix(text, ".")))
}

fits("static", text) if regex.match(`^(\[[0-9A-Fa-f:.%]+\]|[0-9.]+):[0-9]{1,5}$`, text)

fits(kind, text) if {
	not kind in {"dns", "static"}
	text != ""
}
