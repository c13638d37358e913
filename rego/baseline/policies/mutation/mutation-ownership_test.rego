package tollgate.baseline.mutation_ownership_test

import data.tollgate.baseline.mutation_ownership as policy
import data.tollgate.testing

ingress(namespace, class) := {
	"apiVersion": "networking.k8s.io/v1", "kind": "Ingress",
	"metadata": {"name": "web", "namespace": namespace},
	"spec": {"ingressClassName": class},
}

path := "/metadata/labels/tollgate.dev~1organization"

test_labels if {
	every standing in ["Member", "Admin", "Stranger", "Nobody"] {
		mutations(standing, "CREATE", ingress("acme-chat", "higress")) == {[path, "acme"]}
	}
	mutations("Member", "UPDATE", testing.changed(ingress("acme-chat", "edge"), [{"op": "add", "path": "/metadata/labels", "value": {"a": "b"}}])) == {[path, "acme"]}
	mutations("Member", "CREATE", testing.changed(testing.bridge, [{"op": "add", "path": "/metadata/namespace", "value": "acme-chat"}])) == {[path, "acme"]}
}

test_labels_stay if {
	every label in ["acme", "other", ""] {
		labelled := testing.changed(ingress("acme-chat", "higress"), [{"op": "add", "path": "/metadata/labels", "value": {"tollgate.dev/organization": label}}])
		mutations("Member", "CREATE", labelled) == set()
	}
}

test_nothing_of_ours if {
	mutations("Member", "CREATE", ingress("acme-chat", "nginx")) == set()
	mutations("Member", "CREATE", ingress("free", "higress")) == set()
	mutations("Admin", "CREATE", testing.guard) == set()
	mutations("Member", "CREATE", testing.transformer) == set()
}

route(name) := {
	"apiVersion": "gateway.networking.k8s.io/v1", "kind": "HTTPRoute",
	"metadata": {"name": "web", "namespace": "acme-chat"},
	"spec": {"parentRefs": [{"name": name, "namespace": "higress-system"}]},
}

test_routes if {
	mutations("Member", "CREATE", route("shared")) == {[path, "acme"]}
	mutations("Member", "CREATE", testing.with_spec(route("mesh"), {"parentRefs": [{"name": "mesh", "namespace": "free"}]})) == set()
}

test_routes_that_move if {
	labels := {"metadata": {"labels": {"tollgate.dev/organization": "acme"}}}
	moved := object.union(testing.with_spec(route("mesh"), {"parentRefs": [{"name": "mesh", "namespace": "free"}]}), labels)
	ours := object.union(route("shared"), labels)
	every old in [ours, moved] {
		wanted := policy.mutation with input as testing.update("mutation-ownership", "Member", old, moved)
		wanted == {{"op": "remove", "path": path}}
	}
	stays := policy.mutation with input as testing.update("mutation-ownership", "Member", ours, ours)
	stays == set()
	written := policy.mutation with input as testing.update("mutation-ownership", "Member", route("shared"), moved)
	written == set()
}

# mutations are those of a request, [path, value] each.
mutations(standing, operation, written) := found if {
	wanted := policy.mutation with input as testing.ask("mutation-ownership", standing, operation, written)
	found := {[m.path, m.value] | some m in wanted}
}
