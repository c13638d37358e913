package tollgate.baseline.requester_test

import data.tollgate.baseline.fixture_test as f
import data.tollgate.baseline.requester

got(request) := f.fields(violations) if {
	violations := requester.violation with input as object.union(request, {"parameters": data.testing.parameters.requester})
		with data.tollgate.settings as f.settings
		with data.tollgate.namespace_owner as f.namespace_owner
		with data.tollgate.gateway as f.gateway
}

refused := {"metadata.namespace"}

plugin(namespace) := {"kind": "WasmPlugin", "metadata": {"name": "p", "namespace": namespace}}

labelled(input_) := object.union(input_, {"subject": {"organization": "acme"}})

stranger(object_) := f.create(object_, "Stranger")

solver_ingress := object.union(
	f.ingress({"rules": [{"host": "www.acme.example", "http": {"paths": [{
		"path": "/.well-known/acme-challenge/x_Y-1",
		"backend": {"service": {"name": "cm-acme-http-solver-abc", "port": {"number": 8089}}},
	}]}}]}),
	{"metadata": {"labels": {"acme.cert-manager.io/http01-solver": "true"}}},
)

solver_route(backend, path) := object.union(
	f.httproute({"hostnames": ["www.acme.example"], "rules": [{
		"matches": [{"path": {"type": "Exact", "value": path}}],
		"backendRefs": [backend],
	}]}),
	{"metadata": {"labels": {"acme.cert-manager.io/http01-solver": "true"}}},
)

solver_backend := {"name": "cm-acme-http-solver-abc", "port": 8089}

cert_manager(input_) := object.union(input_, {"review": {"userInfo": {
	"username": "system:serviceaccount:cert-manager:cert-manager",
	"groups": ["system:serviceaccounts", "system:serviceaccounts:cert-manager"],
}}})

# What makes a solver more than one.
ingress_and(patch) := cert_manager(stranger(json.patch(solver_ingress, [patch])))

route_and(patch) := cert_manager(stranger(json.patch(solver_route(solver_backend, "/.well-known/acme-challenge/a"), [patch])))

rule := "/spec/rules/0"

test_more_than_a_solver if {
	path := concat("", [rule, "/http/paths/0"])
	every patch in [
		{"op": "add", "path": "/spec/defaultBackend", "value": {"service": {"name": "web"}}},
		{"op": "add", "path": "/spec/rules", "value": []},
		{"op": "add", "path": concat("", [rule, "/http/paths"]), "value": []},
		{"op": "add", "path": concat("", [path, "/path"]), "value": "/"},
		{"op": "add", "path": concat("", [path, "/backend/service/port/number"]), "value": 80},
		{"op": "add", "path": concat("", [path, "/backend/service/name"]), "value": "web"},
		{"op": "remove", "path": "/metadata/labels"},
	] {
		got(ingress_and(patch)) == refused
	}
	match := concat("", [rule, "/matches/0"])
	ref := concat("", [rule, "/backendRefs/0"])
	every patch in [
		{"op": "add", "path": concat("", [rule, "/filters"]), "value": [{"type": "RequestMirror", "requestMirror": {"backendRef": {"name": "web"}}}]},
		{"op": "add", "path": "/spec/hostnames", "value": []},
		{"op": "add", "path": "/spec/rules", "value": []},
		{"op": "add", "path": concat("", [rule, "/matches"]), "value": []},
		{"op": "add", "path": concat("", [match, "/path/type"]), "value": "PathPrefix"},
		{"op": "add", "path": concat("", [rule, "/backendRefs"]), "value": []},
		{"op": "add", "path": concat("", [ref, "/group"]), "value": "networking.istio.io"},
		{"op": "add", "path": concat("", [ref, "/kind"]), "value": "InferencePool"},
		{"op": "add", "path": concat("", [ref, "/port"]), "value": 80},
		{"op": "add", "path": concat("", [ref, "/name"]), "value": "web"},
		{"op": "remove", "path": "/metadata/labels"},
	] {
		got(route_and(patch)) == refused
	}
}

cases := {
	"a solver": {"in": cert_manager(stranger(solver_ingress)), "want": set()},
	"a solver's end": {"in": cert_manager(f.delete(solver_ingress, "Stranger")), "want": set()},
	"a solver's HTTPRoute": {"in": cert_manager(stranger(solver_route(solver_backend, "/.well-known/acme-challenge/a"))), "want": set()},
	"a solver's HTTPRoute elsewhere": {"in": cert_manager(stranger(solver_route(solver_backend, "/"))), "want": refused},
	"a solver's HTTPRoute to another namespace": {"in": cert_manager(stranger(solver_route(object.union(solver_backend, {"namespace": "shop"}), "/.well-known/acme-challenge/a"))), "want": refused},
	"a site of the certificate manager": {"in": cert_manager(stranger(f.ingress(f.host("www.acme.example")))), "want": refused},
	"a site that becomes a solver": {"in": cert_manager(object.union(f.update(solver_ingress, f.ingress(f.host("www.acme.example"))), {"subject": {"standing": "Stranger"}})), "want": refused},
	"somebody else's solver": {"in": stranger(solver_ingress), "want": refused},
	"a solver without the account's groups": {"in": object.union(cert_manager(stranger(solver_ingress)), {"review": {"userInfo": {"groups": []}}}), "want": refused},
	"member": {"in": f.member(f.ingress({})), "want": set()},
	"delegate": {"in": f.create(f.ingress({}), "Delegate"), "want": set()},
	"stranger": {"in": stranger(f.ingress({})), "want": refused},
	"stranger's HTTPRoute": {"in": stranger(f.httproute({})), "want": refused},
	"stranger's XListenerSet": {"in": stranger(f.x_listener_set("shared", [])), "want": refused},
	"stranger's plugin": {"in": stranger(plugin("acme-chat")), "want": refused},
	"stranger's Project": {"in": stranger(f.project("chat", {})), "want": refused},
	"stranger deletes": {"in": f.delete(f.ingress({}), "Stranger"), "want": refused},
	"stranger deletes in a namespace that goes": {"in": object.union(f.delete(f.ingress({}), "Stranger"), {"subject": {"terminating": true}}), "want": set()},
	"stranger writes in a namespace that goes": {"in": object.union(stranger(f.ingress({})), {"subject": {"terminating": true}}), "want": refused},
	"stranger moves an Ingress away": {
		"in": object.union(f.update(f.ingress({"ingressClassName": "nginx"}), f.ingress({})), {"subject": {"standing": "Stranger"}}),
		"want": refused,
	},
	"a finalizer": {"in": object.union(f.update(f.ingress({}), f.ingress({})), {"subject": {"standing": "Stranger"}}), "want": set()},
	"nginx's Ingress": {"in": stranger(f.ingress({"ingressClassName": "nginx"})), "want": set()},
	"nobody asks": {"in": f.create(f.ingress({}), "Nobody"), "want": set()},
	"garbage collector": {"in": f.delete(f.ingress({}), "System"), "want": set()},
	"unowned namespace": {"in": stranger(f.in_namespace(f.ingress({}), "shop")), "want": set()},
	"gateway's namespace": {"in": stranger(f.in_namespace(f.ingress({}), "higress-system")), "want": refused},
	"gateway's namespace, deleted": {"in": f.delete(plugin("higress-system"), "Stranger"), "want": refused},
	"gateway's namespace, audit": {"in": f.create(plugin("higress-system"), "Nobody"), "want": set()},
	"gateway's namespace, console": {"in": f.create(plugin("higress-system"), "Console"), "want": set()},
	"gateway's namespace, another's label": {"in": labelled(stranger(plugin("higress-system"))), "want": refused},
	"gateway's namespace, own label": {"in": labelled(f.create(plugin("higress-system"), "Member")), "want": set()},
}

test_cases if {
	wrong := {name: got(c["in"]) | some name, c in cases; got(c["in"]) != c.want}
	print("wrong:", wrong)
	count({name | some name, c in cases; got(c["in"]) == c.want}) == count(cases)
}

test_message_names_no_organization if {
	messages := {v.msg |
		some v in requester.violation with input as object.union(stranger(f.ingress({})), {"parameters": data.testing.parameters.requester})
			with data.tollgate.settings as f.settings
			with data.tollgate.gateway as f.gateway
	}
	messages == {`You are neither a member nor a delegate of the organization that owns this object in namespace "acme-chat".`}
}
