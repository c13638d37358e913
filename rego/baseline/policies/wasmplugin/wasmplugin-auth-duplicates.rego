# METADATA
# title: A credential belongs to one consumer, a name to one
# description: >-
#   One credential that stands twice, or one consumer without a name, makes the global configuration of key-auth and its
#   like invalid, and then every route whose rule only carries allow is open. Two consumers of one name share budgets and
#   permissions.
# custom:
#   id: wasmplugin-auth-duplicates
#   severity: Critical
#   remedy: Give every consumer a name and a credential of its own.
#   match:
#     kinds: [{apiGroups: [extensions.higress.io], kinds: [WasmPlugin]}]
#   parameters:
#     # Fields of a consumer by which it is known, in any of these plugins.
#     credentials: [credential, credentials, key, client_id]
package tollgate.baseline.wasmplugin_auth_duplicates

import data.tollgate.lib.auth
import data.tollgate.lib.manifest
import data.tollgate.lib.plugin

violation contains {"msg": msg, "details": {"field": field}} if {
	judged
	some [at, config] in configs
	some i, consumer in manifest.list(config, "consumers")
	not named(consumer)
	field := manifest.field(array.concat(["spec"], array.concat(at, ["consumers", i, "name"])))
	msg := "A consumer must have a name: without one nobody is asked for a key."
}

violation contains {"msg": msg, "details": {"field": field}} if {
	judged
	some [at, config] in configs
	consumers := manifest.list(config, "consumers")
	some name in repeated([consumer.name | some consumer in consumers])
	last := max({i | some i, consumer in consumers; consumer.name == name})
	field := manifest.field(array.concat(["spec"], array.concat(at, ["consumers", last, "name"])))
	msg := "This name stands twice: two consumers would share budgets and permissions."
}

violation contains {"msg": msg, "details": {"field": field}} if {
	judged
	some [at, config] in configs
	some credential in repeated(values(config))
	last := max({path | some path in places(config, credential)})
	field := manifest.field(array.concat(["spec"], array.concat(at, last)))
	msg := "This credential stands twice: nobody would be asked for a key any more."
}

violation contains {"msg": msg, "details": {"field": field}} if {
	judged
	auth.by_credential(input.review.object)
	some [at, config] in configs
	some i, consumer in manifest.list(config, "consumers")
	not has_credential(consumer)
	field := manifest.field(array.concat(["spec"], array.concat(at, ["consumers", i])))
	msg := "A consumer must have a credential."
}

judged if {
	input.review.kind.kind == "WasmPlugin"
	manifest.asserted
	auth.authenticates(input.review.object)
}

# configs are the configurations that have consumers: one of thousands, as a rule.
configs := [[at, config] |
	some [at, config] in plugin.configs(input.review.object.spec)
	carries(config)
]

carries(config) if is_array(config.consumers)

carries(config) if is_array(config.credentials)

named(consumer) if {
	is_string(consumer.name)
	trim_space(consumer.name) != ""
}

has_credential(consumer) if {
	some key in input.parameters.credentials
	manifest.filled(consumer, key)
}

# repeated are the values that stand more than once, found in one pass over the sorted list.
repeated(found) := {value |
	count(found) != count({v | some v in found})
	sorted := sort(found)
	some i, value in sorted
	i > 0
	value == sorted[i - 1]
}

# values are the credentials of a configuration.
values(config) := array.concat(
	[value |
		some consumer in manifest.list(config, "consumers")
		some key in input.parameters.credentials
		value := consumer[key]
		is_string(value)
		value != ""
	],
	array.concat(
		[value |
			some consumer in manifest.list(config, "consumers")
			some key in input.parameters.credentials
			is_array(consumer[key])
			some value in consumer[key]
		],
		manifest.list(config, "credentials"),
	),
)

# places are the paths where a value stands in the consumers and credentials of a configuration.
places(config, value) := {path |
	walk(object.filter(config, ["consumers", "credentials"]), [path, found])
	found == value
	path[count(path) - 1] != "name"
}
