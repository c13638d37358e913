package tollgate.baseline.route_redirects_test

import data.tollgate.baseline.fixture_test as f
import data.tollgate.baseline.route_redirects

refused(key, value) if {
	violations := route_redirects.violation with input as f.member(f.annotated(f.host("www.acme.example"), {key: value}))
		with data.tollgate.settings as f.settings
		with data.tollgate.namespace_owner as f.namespace_owner
	f.fields(violations) == {sprintf("metadata.annotations[%s]", [key])}
}

test_hidden if {
	every url in [
		"https://www.acme.example/%24%7Bsecret.globex-research/openai.key%7D", "https://www.acme.example/%24%7bsecret.a/b.c}",
		"https://www.acme.example/%24{secret.a/b.c}", "https://www.acme.example/$%7Bsecret.a/b.c}",
		"https://www.acme.example/a%0Ab", "https://www.acme.example/a%0d", "https://www.acme.example/%00", "https://www.acme.example/%7f",
	] {
		refused("higress.io/permanent-redirect", url)
		refused("nginx.ingress.kubernetes.io/temporal-redirect", url)
	}
}

test_plain if {
	every url in [
		"https://www.acme.example/", "https://www.acme.example/a%20b", "https://www.acme.example/%E2%82%AC?price=%24%20%7B",
		"https://www.acme.example/%2524%257B", "https://www.acme.example/$1/%7Bid%7D", "",
	] {
		not refused("higress.io/permanent-redirect", url)
	}
}

# The gateway reads no other annotation in that way.
test_others if not refused("higress.io/rewrite-path", "/%24%7Bsecret.a/b.c%7D")

test_namespaces_of_nobody if {
	violations := route_redirects.violation with input as f.create(f.in_namespace(f.annotated(f.host("shop.example"), {"higress.io/temporal-redirect": "https://shop.example/%24%7B"}), "shop"), "Stranger")
		with data.tollgate.settings as f.settings
		with data.tollgate.namespace_owner as f.namespace_owner
	count(violations) == 1
}

test_administrators_write_what_they_like if {
	count(route_redirects.violation) == 0 with input as f.create(f.annotated(f.host("www.acme.example"), {"higress.io/temporal-redirect": "https://a/%0A"}), "Admin")
		with data.tollgate.settings as f.settings
		with data.tollgate.namespace_owner as f.namespace_owner
}
