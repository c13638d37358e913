# METADATA
# title: Annotations that the gateway reads
# description: Higress reads its annotations under two prefixes, nginx's first. Source Higress contract section 5.
package tollgate.lib.annotations

# gateway are the annotations of the object under either prefix, by key, but for those that the console's way switched
# off. Higress reads matches by headers and parameters under any prefix that is as long as its own: it looks for the kind
# of match at that place of the key.
gateway := object.union(prefixed, {key: {"suffix": substring(key, 11, -1), "value": value} |
	some key, value in input.review.object.metadata.annotations
	regex.match(`^.{11}(exact|prefix|regex).*match-`, key)
})

prefixed := {key: {"suffix": trim_prefix(key, prefix), "value": value} |
	some key, value in input.review.object.metadata.annotations
	some prefix in ["nginx.ingress.kubernetes.io/", "higress.io/"]
	startswith(key, prefix)
	not startswith(key, "higress.io/disabled.")
}

field(key) := sprintf("metadata.annotations[%s]", [key])

# by_suffix are the annotations under either prefix, by their suffix. Policies ask for thirty of them, and an Ingress has
# a few.
by_suffix := {a.suffix: found |
	some a in prefixed
	found := [{"key": key, "value": value} |
		some prefix in ["nginx.ingress.kubernetes.io/", "higress.io/"]
		key := concat("", [prefix, a.suffix])
		value := input.review.object.metadata.annotations[key]
	]
}
