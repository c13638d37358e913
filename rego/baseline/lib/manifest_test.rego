package tollgate.lib.manifest_test

import data.tollgate.lib.manifest

test_field if {
	manifest.field(["spec", "rules", 0, "host"]) == "spec.rules[0].host"
	manifest.field(["metadata", "annotations", "higress.io/destination"]) == "metadata.annotations[higress.io/destination]"
	manifest.field(["spec", "config", "a.b"]) == "spec.config[a.b]"
}

test_pointer if manifest.pointer(["metadata", "labels", "a/b~c"]) == "/metadata/labels/a~1b~0c"

test_strings if manifest.strings({"a": "x", "b": [1, "y", {"c": null}]}) == {
	[["a"], "x"], [["b", 1], "y"],
	[[], "a"], [[], "b"], [["b", 2], "c"],
}

test_list if {
	manifest.list({"a": [1]}, "a") == [1]
	manifest.list({"a": {}}, "a") == []
	manifest.list({}, "a") == []
}

test_set if {
	manifest.set({"a": {}}, "a")
	not manifest.set({"a": null}, "a")
	not manifest.set({}, "a")
}

test_filled if {
	manifest.filled({"a": 0}, "a")
	every value in [null, "", [], {}, false] {
		not manifest.filled({"a": value}, "a")
	}
}
