package tollgate.baseline.organization_namespaces_test

import data.tollgate.baseline.organization_namespaces as p
import data.tollgate.testing as t

id := "organization-namespaces"

organization(namespaces) := {
	"apiVersion": "tollgate.dev/v1alpha1",
	"kind": "Organization",
	"metadata": {"name": "acme"},
	"spec": {"namespaces": namespaces},
}

request(standing, operation, object_) := object.union(t.ask(id, "Admin", operation, t.guard), {
	"review": object.union(t.review(operation, object_), {"namespace": ""}),
	"subject": {"organization": "", "source": "cluster", "standing": standing, "inGateway": false, "unowned": false, "terminating": false, "namespaceExists": false},
})

test_own if count(p.violation) == 0 with input as request("Admin", "CREATE", organization(["acme-chat"]))

test_platform if {
	t.fields(p.violation) == {"spec.namespaces[1]", "spec.namespaces[2]"} with input as request("Admin", "CREATE", organization(["acme-chat", "higress-system", "kube-system"]))
}
