package tollgate.baseline.route_formats_test

import data.tollgate.baseline.fixture_test as f
import data.tollgate.baseline.route_formats

got(request) := f.fields(violations) if {
	violations := route_formats.violation with input as request
		with data.tollgate.settings as f.settings
		with data.tollgate.namespace_owner as f.namespace_owner
		with data.tollgate.gateway as f.gateway
}

sets(value) := f.member(f.httproute({"rules": [{"filters": [{"type": "RequestHeaderModifier", "requestHeaderModifier": {"set": [{"name": "a", "value": value}]}}]}]}))

adds(value) := f.member(f.httproute({"rules": [{"backendRefs": [{"name": "web", "filters": [{"type": "ResponseHeaderModifier", "responseHeaderModifier": {"add": [{"name": "a", "value": value}]}}]}]}]}))

annotation(value) := f.member(f.annotated(f.host("www.acme.example"), {"higress.io/request-header-control-add": value}))

cases := {
	"plain": {"in": sets("red"), "want": set()},
	"doubled": {"in": sets("100%% sure"), "want": set()},
	"single": {"in": sets("100% sure"), "want": {"spec.rules[0].filters[0].requestHeaderModifier.set[0].value"}},
	"a format": {"in": adds("%ENVIRONMENT(HOME)%"), "want": {"spec.rules[0].backendRefs[0].filters[0].responseHeaderModifier.add[0].value"}},
	"a format behind a doubled one": {"in": adds("%%%START_TIME%"), "want": {"spec.rules[0].backendRefs[0].filters[0].responseHeaderModifier.add[0].value"}},
	"an annotation": {"in": annotation("a red\nb %REQ(x)%"), "want": {"metadata.annotations[higress.io/request-header-control-add]"}},
	"a plain annotation": {"in": annotation("a red"), "want": set()},
	"removes": {"in": f.member(f.httproute({"rules": [{"filters": [{"type": "ResponseHeaderModifier", "responseHeaderModifier": {"remove": ["server"]}}]}]})), "want": set()},
	"removes nothing": {"in": f.member(f.httproute({"rules": [{"filters": [{"type": "ResponseHeaderModifier", "responseHeaderModifier": {"remove": ["server", ""]}}]}]})), "want": {"spec.rules[0].filters[0].responseHeaderModifier.remove[1]"}},
	"removes nothing at a backend": {"in": f.member(f.httproute({"rules": [{"backendRefs": [{"name": "web", "filters": [{"type": "RequestHeaderModifier", "requestHeaderModifier": {"remove": [""]}}]}]}]})), "want": {"spec.rules[0].backendRefs[0].filters[0].requestHeaderModifier.remove[0]"}},
	"empty": {"in": annotation(""), "want": set()},
	"a quoted name": {"in": annotation(`"a" 'b'`), "want": set()},
	"a quoted value of nothing": {"in": annotation("a red\nb \"\""), "want": set()},
	"a name of quotes": {"in": annotation("a red\n \"\" b"), "want": {"metadata.annotations[higress.io/request-header-control-add]"}},
	"a name of single quotes": {"in": annotation("''\tb"), "want": {"metadata.annotations[higress.io/request-header-control-add]"}},
	"many headers": {"in": annotation(concat("\n", [sprintf("h%d v", [n]) | some n in numbers.range(1, 500)])), "want": set()},
	"too many headers": {"in": annotation(concat("\n", [sprintf("h%d v", [n]) | some n in numbers.range(1, 501)])), "want": {"metadata.annotations[higress.io/request-header-control-add]"}},
	"a long header": {"in": annotation(sprintf("a %s", [concat("", [sprintf("%010d", [n]) | some n in numbers.range(1, 1500)])])), "want": set()},
	"a header that is too long": {"in": annotation(sprintf("a %s", [concat("", [sprintf("%010d", [n]) | some n in numbers.range(1, 1640)])])), "want": {"metadata.annotations[higress.io/request-header-control-add]"}},
	"a namespace of nobody": {"in": f.create(f.in_namespace(f.annotated(f.host("shop.example"), {"higress.io/request-header-control-add": "a %REQ(x)%"}), "shop"), "Stranger"), "want": {"metadata.annotations[higress.io/request-header-control-add]"}},
	"an admin": {"in": f.create(f.annotated(f.host("www.acme.example"), {"higress.io/request-header-control-add": "a %REQ(x)%"}), "Admin"), "want": set()},
}

test_cases if {
	wrong := {name: got(c["in"]) | some name, c in cases; got(c["in"]) != c.want}
	print("wrong:", wrong)
	count({name | some name, c in cases; got(c["in"]) == c.want}) == count(cases)
}
