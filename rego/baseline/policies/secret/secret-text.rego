# METADATA
# title: What the gateway pastes from a Secret is plain text
# description: >-
#   The gateway replaces ${secret...} by the value as it stands, inside a JSON string of an object that all tenants share.
#   A quote ends that string, and what follows is configuration: another consumer, another key. A newline at the end, as
#   echo writes it, breaks the object for everyone.
# custom:
#   id: secret-text
#   severity: Critical
#   remedy: Write the value without quotes, backslashes, newlines and ${ (printf '%s', not echo), and keep other data in a Secret of its own.
#   match:
#     kinds: [{apiGroups: [""], kinds: [Secret]}]
#     operations: [CREATE, UPDATE]
package tollgate.baseline.secret_text

violation contains {"msg": msg, "details": {"field": field}} if {
	input.review.kind.kind == "Secret"
	input.subject.organization != ""
	input.subject.standing != "System"
	pasted
	some [field, value] in values
	why := wrong(value)
	msg := sprintf("The gateway pastes this Secret into a configuration that all share, and a value %s.", [why])
}

# pasted: a plugin, the McpBridge or a route has a ${secret...} of it. A Secret that is
# read as such (a certificate, an image's credential) may hold anything.
pasted if count(pasters) > 0

# pasters are the kinds of objects that have one.
pasters contains kind if {
	some user in data.tollgate.secret_user[concat("/", [input.review.namespace, input.review.object.metadata.name])]
	[kind, _] = split(user, " ")
	kind in {"WasmPlugin", "McpBridge", "Ingress", "HTTPRoute", "GRPCRoute"}
}

values contains [concat("", ["data.", key]), base64.decode(value)] if {
	some key, value in input.review.object.data
	base64.is_valid(value)
}

# A manifest may give plain text, which the API server encodes.
values contains [concat("", ["stringData.", key]), value] if some key, value in input.review.object.stringData

wrong(value) := unsafe(value)

# The values of headers that a route sets are formats.
wrong(value) := "has a single percent sign, with which Envoy begins a format in a route's header" if {
	not unsafe(value)
	count(pasters & {"Ingress", "HTTPRoute", "GRPCRoute"}) > 0
	contains(replace(value, "%%", ""), "%")
}

# What it says never names the value.
unsafe(value) := "ends in a newline" if {
	regex.match(`[\r\n]$`, value)
} else := "holds a quote, a backslash or a control character" if {
	regex.match(`["\\\x00-\x1f\x7f]`, value)
} else := "holds ${" if {
	contains(value, "${")
}
