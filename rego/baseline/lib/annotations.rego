# METADATA
# title: Annotations that the gateway reads
# description: Higress reads its annotations under two prefixes, nginx's first. Source Higress contract section 5.
package tollgate.lib.annotations

# gateway are the annotations of the object under either prefix, by key.
gateway[key] := {"suffix": suffix, "value": value} if {
	some key, value in input.review.object.metadata.annotations
	some prefix in ["nginx.ingress.kubernetes.io/", "higress.io/"]
	startswith(key, prefix)
	suffix := trim_prefix(key, prefix)
	not disabled(key)
}

# Higress reads matches by headers and parameters under any prefix that is as long as its own: it looks for the kind of
# match at that place of the key.
gateway[key] := {"suffix": substring(key, 11, -1), "value": value} if {
	some key, value in input.review.object.metadata.annotations
	regex.match(`^.{11}(exact|prefix|regex).*match-`, key)
}

# The console's way to switch an annotation off; the gateway does not read it.
disabled(key) if startswith(key, "higress.io/disabled.")

field(key) := sprintf("metadata.annotations[%s]", [key])

# by_suffix are the annotations under either prefix, by their suffix. Policies ask for thirty of them, and an Ingress has
# a few.
by_suffix := {suffix: found |
	some suffix in suffixes
	found := [{"key": key, "value": value} |
		some prefix in ["nginx.ingress.kubernetes.io/", "higress.io/"]
		key := concat("", [prefix, suffix])
		value := input.review.object.metadata.annotations[key]
	]
}

suffixes := {suffix |
	some key, _ in input.review.object.metadata.annotations
	some prefix in ["nginx.ingress.kubernetes.io/", "higress.io/"]
	startswith(key, prefix)
	suffix := trim_prefix(key, prefix)
}
