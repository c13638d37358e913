package tollgate.baseline.route_unowned_refused_test

import data.tollgate.baseline.fixture_test as f
import data.tollgate.baseline.route_unowned_refused

violations(object_, setting) := found if {
	found := route_unowned_refused.violation with input as f.create(f.in_namespace(object_, "shop"), "Stranger")
		with data.tollgate.settings as object.union(f.settings, {"unownedNamespaces": setting})
}

test_refused if f.fields(violations(f.ingress({}), "Deny")) == {"metadata.namespace"}

test_another_class_passes if violations(f.ingress({"ingressClassName": "nginx"}), "Deny") == set()

test_only_when_configured if {
	violations(f.ingress({}), "Warn") == set()
	violations(f.ingress({}), "Ignore") == set()
}
