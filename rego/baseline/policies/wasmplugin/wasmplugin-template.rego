# METADATA
# title: Only templates that the gateway can resolve
# description: >-
#   The gateway replaces ${secret.<namespace>/<name>.<key>}. A template of any other type, ${a.b.c}, aborts the
#   replacement in the whole object: the keys of every provider in it go out as literal text.
# custom:
#   id: wasmplugin-template
#   severity: High
#   remedy: Write ${secret.<namespace>/<name>.<key>}, or avoid a dollar sign before a brace.
#   match:
#     kinds: [{apiGroups: [extensions.higress.io], kinds: [WasmPlugin]}]
package tollgate.baseline.wasmplugin_template

import data.tollgate.lib.manifest
import data.tollgate.lib.text

violation contains {"msg": msg, "details": {"field": field}} if {
	input.review.kind.kind == "WasmPlugin"
	not input.texts.template == false # the engine has seen that some text holds ${
	manifest.asserted
	suspicious
	some [path, value] in manifest.strings(input.review.object.spec)
	text.template(value)
	some found in regex.find_n(`\$\{[^{}]*\}`, value, -1)
	regex.match(three_parts, found)
	not regex.match(sprintf("^%s$", [secret]), found)
	field := manifest.field(array.concat(["spec"], path))
	msg := "The gateway cannot resolve this template and would resolve none in the object."
}

# suspicious holds when anything in the object's text but plain Secrets looks like a template: a look at the whole text
# costs little, and a guard's object has a Secret for each consumer.
suspicious if {
	written := json.marshal(input.review.object.spec)
	text.template(written)
	regex.match(three_parts, regex.replace(written, secret, ""))
}

three_parts := `\$\{[^.{}]*\.[^{}]*\.[^{}]*\}`

secret := `\$\{secret\.(?:[a-z0-9-]+/)?[a-z0-9-]+\.[A-Za-z0-9._-]+\}`
