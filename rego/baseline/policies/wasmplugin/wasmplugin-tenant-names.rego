# METADATA
# title: A tenant's plugin uses the tenant's own names
# description: >-
#   Consumers, Redis prefixes, rule names, cache prefixes and provider ids live in one name space for the whole gateway,
#   and a prefix that is left out is the same for everyone: who shares it shares counters, cached answers, histories and
#   tokens.
# custom:
#   id: wasmplugin-tenant-names
#   severity: Critical
#   remedy: Begin the name with the organization's name and a colon, a dot or a slash (acme:cache:); consumers are <organization>.<project>.<group>.<user>.
#   match:
#     kinds: [{apiGroups: [extensions.higress.io], kinds: [WasmPlugin]}]
#   parameters:
#     # Keys whose values are names of the whole gateway; case, hyphens and underscores do not count.
#     names: [rulename, rediskeyprefix, cachekeyprefix, keyprefix, globalinflightkeyprefix, activeproviderid, providerid, collectionid]
#     # What a rule of a plugin has to name, because its default is shared.
#     required:
#       ai-quota: [redis_key_prefix]
#       ai-history: [cacheKeyPrefix]
#       ai-cache: [cache/cacheKeyPrefix]
#       ai-token-ratelimit: [rule_name]
#       cluster-key-rate-limit: [rule_name]
#     # What headers begin with by which the platform's plugins know who calls, and what the gateway has decided.
#     headers: [x-mse-, x-tollgate-, x-dev-, x-higress-, x-hi-, x-envoy-]
#     # Plugins in which allow is not a list of consumers.
#     allowIsNotConsumers: [ip-restriction]
package tollgate.baseline.wasmplugin_tenant_names

import data.tollgate.lib.manifest
import data.tollgate.lib.plugin
import data.tollgate.lib.subject
import data.tollgate.lib.tenantplugin

violation contains {"msg": msg, "details": {"field": field}} if {
	tenantplugin.judged
	some [path, key, value] in settings
	plain(key) in input.parameters.names
	not own(value)
	field := manifest.field(array.concat(path, [key]))
	msg := sprintf("%s must begin with the organization's name and a colon, a dot or a slash.", [key])
}

violation contains {"msg": msg, "details": {"field": field}} if {
	tenantplugin.judged
	some [path, key, value] in settings
	plain(key) in {"providers", "provider"}
	some [at, node] in entries(value)
	not own(object.get(node, "id", ""))
	field := manifest.field(array.concat(array.concat(path, [key]), array.concat(at, ["id"])))
	msg := "A provider's id must begin with the organization's name and a colon, a dot or a slash."
}

violation contains {"msg": msg, "details": {"field": field}} if {
	tenantplugin.judged
	some [path, key, value] in settings
	names_consumers(key)
	some [at, name] in consumers(value)
	not own_consumer(name)
	field := manifest.field(array.concat(array.concat(path, [key]), at))
	msg := "A consumer must be one of the organization's own."
}

violation contains {"msg": msg, "details": {"field": field}} if {
	tenantplugin.judged
	some [path, key, value] in settings
	key == "limit_keys"
	by_consumer(path)
	some i, limit in value
	name := object.get(limit, "key", "")
	name != "*"
	not own_consumer(name)
	field := manifest.field(array.concat(path, [key, i, "key"]))
	msg := "A limit by consumer must be on one of the organization's own consumers, or on *."
}

violation contains {"msg": msg, "details": {"field": field}} if {
	tenantplugin.judged
	some [path, value] in manifest.strings(input.review.object.spec)
	some prefix in input.parameters.headers
	contains(lower(value), prefix)
	begins(lower(value), prefix)
	field := manifest.field(array.concat(["spec"], path))
	msg := sprintf("A tenant's plugin must not touch headers that begin with %s: they are the platform's.", [prefix])
}

violation contains {"msg": msg, "details": {"field": field}} if {
	tenantplugin.judged
	some name in plugin.names(input.review.object)
	some wanted in input.parameters.required[name]
	some [i, rule] in tenantplugin.rules
	object.get(rule, array.concat(["config"], split(wanted, "/")), null) == null
	field := sprintf("spec.matchRules[%d].config.%s", [i, replace(wanted, "/", ".")])
	msg := sprintf("%s must be given: what %s takes when it is left out is shared by everyone.", [field, name])
}

# settings are [path, key, value] of every key of every configuration.
settings contains [array.concat(["spec"], array.concat(at, path)), key, value] if {
	some [at, config] in plugin.configs(input.review.object.spec)
	walk(config, [path, node])
	is_object(node)
	some key, value in node
}

# plain is a key without case, hyphens and underscores: rule_name, ruleName and RULE-NAME are one.
plain(key) := lower(replace(replace(key, "_", ""), "-", ""))

# begins holds when a word of the text begins with a prefix: lists of headers are often one text.
begins(text, prefix) if {
	some before in strings_before(text, prefix)
	not regex.match(`[a-z0-9_-]$`, before)
}

strings_before(text, prefix) := {substring(text, 0, at) | some at in indexof_n(text, prefix)}

own(name) if {
	is_string(name)
	subject.own_name(name)
}

# own_consumer holds for consumers of the organization: the first of the name's four parts is its name.
own_consumer(name) if {
	is_string(name)
	regex.match(`^[a-z0-9-]+(\.[a-z0-9-]+){3}$`, name)
	startswith(name, concat("", [input.subject.organization, "."]))
	input.subject.organization != ""
}

# entries are [path, object] of an object, or of each object of a list.
entries(value) := [[[], value]] if is_object(value)

entries(value) := [[[i], node] | some i, node in value] if is_array(value)

names_consumers(key) if {
	contains(plain(key), "consumer")
	not startswith(plain(key), "limitby")
}

names_consumers("allow") if {
	count(plugin.names(input.review.object) & {name | some name in input.parameters.allowIsNotConsumers}) == 0
}

# consumers are [path, name]: a name, a list of names, or a list of objects with a name.
consumers(value) := [[[], value]] if not is_array(value)

consumers(value) := array.concat(
	[[[i], name] | some i, name in value; not is_object(name)],
	[[[i, "name"], object.get(node, "name", "")] | some i, node in value; is_object(node)],
) if is_array(value)

# by_consumer holds for the rule items that count by consumer.
by_consumer(path) if {
	some [at, key, _] in settings
	at == path
	plain(key) in {"limitbyconsumer", "limitbyperconsumer"}
}
