package tollgate.baseline.route_numbers_test

import data.tollgate.baseline.fixture_test as f
import data.tollgate.baseline.route_numbers

refused(suffix, value) if {
	key := concat("", ["higress.io/", suffix])
	violations := route_numbers.violation with input as object.union(
		f.member(f.annotated(f.host("www.acme.example"), {key: value})),
		{"parameters": data.testing.parameters["route-numbers"]},
	)
		with data.tollgate.settings as f.settings
		with data.tollgate.namespace_owner as f.namespace_owner
	f.fields(violations) == {sprintf("metadata.annotations[%s]", [key])}
}

good := [
	["timeout", "0"], ["timeout", "300"], ["route-limit-rps", "1"], ["route-limit-rpm", "600"],
	["cors-max-age", "-1"], ["permanent-redirect-code", "308"], ["canary-weight", "100"], ["enable-cors", "yes"],
]

bad := [
	["timeout", "-1"], ["timeout", "9223372036854775807"], ["timeout", "1e3"], ["timeout", "30s"], ["timeout", ""], ["timeout", " 5"],
	["route-limit-rps", "0"], ["route-limit-rpm", "-5"], ["permanent-redirect-code", "999"], ["permanent-redirect-code", "304"], ["canary-weight-total", "0"],
]

test_good if {
	every annotation in good {
		not refused(annotation[0], annotation[1])
	}
}

test_bad if {
	every annotation in bad {
		refused(annotation[0], annotation[1])
	}
}

# Elsewhere only what would stop everybody is refused.
test_namespaces_of_nobody if {
	every value, refused_ in {"-1": 1, "9223372036854775807": 1, "30s": 0, "x": 0, "30": 0} {
		violations := route_numbers.violation with input as object.union(
			f.create(f.in_namespace(f.annotated(f.host("shop.example"), {"higress.io/timeout": value}), "shop"), "Stranger"),
			{"parameters": data.testing.parameters["route-numbers"]},
		)
			with data.tollgate.settings as f.settings
			with data.tollgate.namespace_owner as f.namespace_owner
		count(violations) == refused_
	}
}

test_administrators_write_what_they_like if {
	count(route_numbers.violation) == 0 with input as object.union(
		f.create(f.annotated(f.host("www.acme.example"), {"higress.io/timeout": "x"}), "Admin"),
		{"parameters": data.testing.parameters["route-numbers"]},
	)
		with data.tollgate.settings as f.settings
		with data.tollgate.namespace_owner as f.namespace_owner
}

test_time_between_tries if {
	retried("0s") == {"spec.rules[0].retry.backoff"}
	retried("00h0ms") == {"spec.rules[0].retry.backoff"}
	retried("0s1ms") == set()
	retried("25ms") == set()
	retried("10s") == set()
}

retried(backoff) := f.fields(violations) if {
	violations := route_numbers.violation with input as object.union(
		f.member(f.httproute({"rules": [{"retry": {"attempts": 2, "backoff": backoff}}]})),
		{"parameters": data.testing.parameters["route-numbers"]},
	)
		with data.tollgate.settings as f.settings
		with data.tollgate.namespace_owner as f.namespace_owner
		with data.tollgate.gateway as f.gateway
}
