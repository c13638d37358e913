# METADATA
# title: Parts of an object
# description: The object of a review, its labels and annotations, and every string in it with its field path.
package tollgate.lib.manifest

# field writes a path in the way of kubectl: ["spec", "rules", 0, "host"] is spec.rules[0].host.
field(path) := trim_prefix(concat("", [segment(part) | some part in path]), ".")

segment(part) := sprintf("[%d]", [part]) if is_number(part)

segment(part) := concat("", [".", part]) if {
	is_string(part)
	regex.match(`^[A-Za-z_][A-Za-z0-9_-]*$`, part)
}

segment(part) := sprintf("[%s]", [part]) if {
	is_string(part)
	not regex.match(`^[A-Za-z_][A-Za-z0-9_-]*$`, part)
}

# pointer writes a path of member names as a JSON pointer: ["metadata", "labels", "a/b"] is /metadata/labels/a~1b.
pointer(path) := concat("", [concat("", ["/", escaped(part)]) | some part in path])

escaped(part) := replace(replace(part, "~", "~0"), "/", "~1")

# asserted holds when the request says anything new about the object: a policy about what the object is has nothing to
# say when only its finalizers or its status change, and must not keep an object from being deleted.
asserted if input.review.operation != "UPDATE"

asserted if {
	input.review.operation == "UPDATE"
	object.get(input.review.object, "spec", null) != object.get(input.review.oldObject, "spec", null)
}

asserted if {
	input.review.operation == "UPDATE"
	object.get(input.review.object.metadata, "labels", {}) != object.get(input.review.oldObject.metadata, "labels", {})
}

asserted if {
	input.review.operation == "UPDATE"
	object.get(input.review.object.metadata, "annotations", {}) != object.get(input.review.oldObject.metadata, "annotations", {})
}

# strings are [path, string] of each string inside a value: its values and its keys.
strings(value) := {[path, text] |
	walk(value, [path, text])
	is_string(text)
} | {[path, key] |
	walk(value, [path, inner])
	is_object(inner)
	some key, _ in inner
}

# list is a value if it is a list, and an empty one otherwise (null, nothing, some other type).
list(parent, key) := value if {
	value := parent[key]
	is_array(value)
} else := []

# set holds when a key is there and not null.
set(parent, key) if {
	value := parent[key]
	value != null
}

# filled holds when a key is there and neither null nor empty.
filled(parent, key) if {
	value := parent[key]
	not value in [null, "", [], {}, false]
}
