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
	["route-limit-rpm", "800000000"], ["session-cookie-expires", "172800"], ["mirror-percentage", "10"], ["mirror-target-fqdn-port", "8080"],
	["destination", "a.dns"], ["destination", "0% a.dns"], ["destination", "80% a.dns:443\n20% b.dns v1\n"], ["destination", "0% a.dns\n100% b.dns"],
	["destination", "0% a.dns\nb.dns"], ["destination", "010000% a.dns\n1% b.dns"],
]

bad := [
	["timeout", "-1"], ["timeout", "9223372036854775807"], ["timeout", "1e3"], ["timeout", "30s"], ["timeout", ""], ["timeout", " 5"],
	["route-limit-rps", "0"], ["route-limit-rpm", "-5"], ["permanent-redirect-code", "999"], ["permanent-redirect-code", "304"], ["canary-weight-total", "0"],
	["route-limit-rpm", "900000000"], ["session-cookie-expires", "-1"], ["mirror-percentage", "-1"], ["mirror-target-fqdn-port", "0"],
	["destination", "0% a.dns\n0% b.dns"], ["destination", "00% a.dns\r\n 0% b.dns\n"], ["destination", "10001% a.dns\n1% b.dns"],
	["destination", "1% a.dns\n9999999999999% b.dns"], ["destination", " 2147483647% a.dns\n2147483647% b.dns\n2147483647% c.dns"],
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

both(limit, rate, burst) if {
	violations := route_numbers.violation with input as object.union(
		f.member(f.annotated(f.host("www.acme.example"), {concat("", ["higress.io/", limit]): rate, "higress.io/route-limit-burst-multiplier": burst})),
		{"parameters": data.testing.parameters["route-numbers"]},
	)
		with data.tollgate.settings as f.settings
		with data.tollgate.namespace_owner as f.namespace_owner
	f.fields(violations) == {sprintf("metadata.annotations[higress.io/%s]", [limit])}
}

# What comes out as zero in 32 bits Envoy refuses.
test_products if {
	both("route-limit-rps", "8388608", "512")
	both("route-limit-rpm", "8388608", "512")
	not both("route-limit-rps", "8388607", "512")
	not both("route-limit-rps", "1000", "10")
}

attempts(n) := f.fields(violations) if {
	violations := route_numbers.violation with input as object.union(
		f.member(f.httproute({"rules": [{"retry": {"codes": [503], "attempts": n}}]})),
		{"parameters": data.testing.parameters["route-numbers"]},
	)
		with data.tollgate.settings as f.settings
		with data.tollgate.namespace_owner as f.namespace_owner
		with data.tollgate.gateway as f.gateway
}

test_attempts if {
	attempts(0) == set()
	attempts(20) == set()
	attempts(-1) == {"spec.rules[0].retry.attempts"}
	attempts(21) == {"spec.rules[0].retry.attempts"}
}

# The gateway makes a route of it that leads nowhere, and Envoy refuses that.
test_redirects_of_nobody if {
	every code, refused_ in {"304": 1, "305": 1, "307": 0, "x": 0} {
		violations := route_numbers.violation with input as object.union(
			f.create(f.in_namespace(f.annotated(f.host("shop.example"), {"nginx.ingress.kubernetes.io/permanent-redirect-code": code}), "shop"), "Stranger"),
			{"parameters": data.testing.parameters["route-numbers"]},
		)
			with data.tollgate.settings as f.settings
			with data.tollgate.namespace_owner as f.namespace_owner
		count(violations) == refused_
	}
}
