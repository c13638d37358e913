package tollgate.baseline.route_unowned_refused_test

import data.tollgate.baseline.fixture_test as f
import data.tollgate.baseline.route_unowned_refused

violations(object_, setting) := found if {
	found := route_unowned_refused.violation with input as f.nobodys(object_)
		with data.tollgate.gateway as f.gateway
		with data.tollgate.gateway_class as f.gateway_class
		with data.tollgate.settings as object.union(f.settings, {"unownedNamespaces": setting})
}

test_refused if f.fields(violations(f.ingress({}), "Deny")) == {"metadata.namespace"}

objects := [
	f.gateway_object([]),
	f.listener_set("shared", []),
	f.x_listener_set("shared", []),
	f.httproute({}),
	object.union(f.httproute({}), {"kind": "GRPCRoute"}),
	object.union(f.httproute({}), {"kind": "TLSRoute"}),
	object.union(f.httproute({}), {"kind": "TCPRoute"}),
	object.union(f.httproute({}), {"kind": "UDPRoute"}),
]

test_every_kind_is_refused if {
	every object_ in objects {
		f.fields(violations(object_, "Deny")) == {"metadata.namespace"}
		violations(object_, "Warn") == set()
	}
}

test_other_controllers_pass if {
	every object_ in objects {
		patch := {"spec": {"gatewayClassName": "istio", "parentRef": {"name": "istio", "namespace": "mesh"}, "parentRefs": [{"name": "istio", "namespace": "mesh"}]}}
		violations(object.union(object_, patch), "Deny") == set()
	}
}

test_another_class_passes if violations(f.ingress({"ingressClassName": "nginx"}), "Deny") == set()

test_only_when_configured if {
	violations(f.ingress({}), "Warn") == set()
	violations(f.ingress({}), "Ignore") == set()
}
