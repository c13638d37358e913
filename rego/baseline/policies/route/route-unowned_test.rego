package tollgate.baseline.route_unowned_test

import data.tollgate.baseline.fixture_test as f
import data.tollgate.baseline.route_unowned

got(request) := f.fields(violations) if {
	violations := route_unowned.violation with input as request
		with data.tollgate.settings as f.settings
		with data.tollgate.namespace_owner as f.namespace_owner
		with data.tollgate.gateway as f.gateway
		with data.tollgate.gateway_class as f.gateway_class
}

shop(object_) := f.nobodys(object_)

cases := {
	"unowned": {"in": shop(f.ingress(f.host("shop.example"))), "want": {"metadata.namespace"}},
	"of another class": {"in": shop(f.ingress({"ingressClassName": "nginx"})), "want": set()},
	"a Gateway": {"in": shop(f.gateway_object([])), "want": {"metadata.namespace"}},
	"a ListenerSet": {"in": shop(f.listener_set("shared", [])), "want": {"metadata.namespace"}},
	"an XListenerSet": {"in": shop(f.x_listener_set("shared", [])), "want": {"metadata.namespace"}},
	"a TLSRoute": {"in": shop(object.union(f.httproute({}), {"kind": "TLSRoute"})), "want": {"metadata.namespace"}},
	"a Gateway of another controller": {"in": shop(object.union(f.gateway_object([]), {"spec": {"gatewayClassName": "istio"}})), "want": set()},
	"a tenant's Gateway": {"in": f.member(f.gateway_object([])), "want": set()},
	"owned": {"in": f.member(f.ingress({})), "want": set()},
	"an admin": {"in": f.create(f.in_namespace(f.ingress({}), "shop"), "Admin"), "want": set()},
}

test_only_when_configured if {
	every setting in ["Deny", "Ignore"] {
		count(route_unowned.violation) == 0 with input as shop(f.ingress({}))
			with data.tollgate.settings as object.union(f.settings, {"unownedNamespaces": setting})
	}
}

test_cases if {
	wrong := {name: got(c["in"]) | some name, c in cases; got(c["in"]) != c.want}
	print("wrong:", wrong)
	count({name | some name, c in cases; got(c["in"]) == c.want}) == count(cases)
}
