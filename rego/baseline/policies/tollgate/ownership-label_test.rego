package tollgate.baseline.ownership_label_test

import data.tollgate.baseline.fixture_test as f
import data.tollgate.baseline.ownership_label

got(request) := f.fields(violations) if {
	violations := ownership_label.violation with input as request
		with data.tollgate.settings as f.settings
		with data.tollgate.namespace_owner as f.namespace_owner
		with data.tollgate.gateway as f.gateway
}

refused := {"metadata.labels[tollgate.dev/organization]"}

labelled(object_, label) := object.union(object_, {"metadata": {"labels": {"tollgate.dev/organization": label}}})

plugin := {"kind": "WasmPlugin", "metadata": {"name": "p", "namespace": "higress-system"}}

acmes(input_) := object.union(input_, {"subject": {"organization": "acme"}})

mesh := f.httproute({"parentRefs": [{"name": "istio", "namespace": "mesh"}]})

cases := {
	"none in an own namespace": {"in": f.member(f.ingress({})), "want": set()},
	"own": {"in": f.member(labelled(f.ingress({}), "acme")), "want": set()},
	"another's": {"in": f.member(labelled(f.ingress({}), "globex")), "want": refused},
	"another's, nginx": {"in": f.member(labelled(f.ingress({"ingressClassName": "nginx"}), "globex")), "want": set()},
	"another's, and only finalizers change": {"in": f.update(labelled(f.ingress({}), "globex"), object.union(labelled(f.ingress({}), "globex"), {"metadata": {"finalizers": ["a"]}})), "want": set()},
	"another's, and the spec changes": {"in": f.update(labelled(f.ingress({"rules": []}), "globex"), labelled(f.ingress({}), "globex")), "want": refused},
	"another's, on an XListenerSet": {"in": f.member(labelled(f.x_listener_set("shared", []), "globex")), "want": refused},
	"own, on a route": {"in": f.member(labelled(f.httproute({}), "acme")), "want": set()},
	"own, on another gateway's route": {"in": f.member(labelled(mesh, "acme")), "want": refused},
	"none, on another gateway's route": {"in": f.member(mesh), "want": set()},
	"left on a route that moved": {"in": f.update(labelled(mesh, "acme"), labelled(f.httproute({}), "acme")), "want": refused},
	"taken off a route that moved": {"in": f.update(mesh, labelled(f.httproute({}), "acme")), "want": set()},
	"only finalizers of another gateway's route": {"in": f.update(object.union(labelled(mesh, "acme"), {"metadata": {"finalizers": ["a"]}}), labelled(mesh, "acme")), "want": set()},
	"gateway's namespace, given away": {"in": acmes(f.update(labelled(plugin, "globex"), labelled(plugin, "acme"))), "want": refused},
	"gateway's namespace, removed": {"in": acmes(f.update(plugin, labelled(plugin, "acme"))), "want": refused},
	"gateway's namespace, the same": {"in": acmes(f.update(labelled(plugin, "acme"), labelled(plugin, "acme"))), "want": set()},
	"gateway's namespace, taken over": {"in": object.union(f.update(labelled(plugin, "acme"), plugin), {"subject": {"standing": "Stranger"}}), "want": refused},
	"unowned namespace": {"in": f.create(labelled(f.in_namespace(f.ingress({}), "shop"), "acme"), "Stranger"), "want": refused},
	"an admin": {"in": f.create(labelled(f.ingress({}), "globex"), "Admin"), "want": set()},
	"the controller": {"in": f.create(labelled(plugin, "acme"), "Controller"), "want": set()},
}

test_cases if {
	wrong := {name: got(c["in"]) | some name, c in cases; got(c["in"]) != c.want}
	print("wrong:", wrong)
	count({name | some name, c in cases; got(c["in"]) == c.want}) == count(cases)
}
