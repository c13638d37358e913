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
	some [at, config] in plugin.configs(input.review.object.spec)
	some i, consumer in manifest.list(config, "consumers")
	not named(consumer)
	field := manifest.field(array.concat(["spec"], array.concat(at, ["consumers", i, "name"])))
	msg := "A consumer must have a name: without one nobody is asked for a key."
}

violation contains {"msg": msg, "details": {"field": field}} if {
	judged
	some [at, config] in plugin.configs(input.review.object.spec)
	consumers := manifest.list(config, "consumers")
	some name in repeated([consumer.name | some consumer in consumers])
	last := max({i | some i, consumer in consumers; consumer.name == name})
	field := manifest.field(array.concat(["spec"], array.concat(at, ["consumers", last, "name"])))
	msg := "This name stands twice: two consumers would share budgets and permissions."
}

violation contains {"msg": msg, "details": {"field": field}} if {
	judged
	some [at, config] in plugin.configs(input.review.object.spec)
	stand := placed(config)
	some credential in repeated([c | some [_, c] in stand])
	last := max({path | some [path, other] in stand; other == credential})
	field := manifest.field(array.concat(["spec"], array.concat(at, last)))
	msg := "This credential stands twice: nobody would be asked for a key any more."
}

violation contains {"msg": msg, "details": {"field": field}} if {
	judged
	auth.by_credential(input.review.object)
	some [at, config] in plugin.configs(input.review.object.spec)
	some i, consumer in manifest.list(config, "consumers")
	count(credentials(consumer)) == 0
	field := manifest.field(array.concat(["spec"], array.concat(at, ["consumers", i])))
	msg := "A consumer must have a credential."
}

judged if {
	input.review.kind.kind == "WasmPlugin"
	manifest.asserted
	auth.authenticates(input.review.object)
}

named(consumer) if {
	is_string(consumer.name)
	trim_space(consumer.name) != ""
}

# repeated are the values that stand more than once, found in one pass over the sorted list.
repeated(values) := {value |
	count(values) != count({v | some v in values})
	sorted := sort(values)
	some i, value in sorted
	i > 0
	value == sorted[i - 1]
}

placed(config) := array.concat(
	[[array.concat(["consumers", i], at), credential] |
		some i, consumer in manifest.list(config, "consumers")
		some [at, credential] in credentials(consumer)
	],
	[[["credentials", i], credential] | some i, credential in manifest.list(config, "credentials")],
)

# credentials are [path, credential] of one consumer.
credentials(consumer) := array.concat(
	[[[key], consumer[key]] | some key in input.parameters.credentials; is_string(consumer[key]); consumer[key] != ""],
	[[[key, i], credential] | some key in input.parameters.credentials; some i, credential in manifest.list(consumer, key)],
)
