package tollgate.baseline.platform_objects_test

import data.tollgate.baseline.fixture_test as f
import data.tollgate.baseline.platform_objects

got(request) := f.fields(violations) if {
	violations := platform_objects.violation with input as request
		with data.tollgate.settings as f.settings
		with data.tollgate.namespace_owner as f.namespace_owner
		with data.tollgate.user_in as user_in
		with data.tollgate.group_in as group_in
}

user_in := {"mallory@acme.example": {"acme": true}, "system:serviceaccount:argocd:argocd": {"acme": true}}

group_in := {"acme": {"acme": true}}

organization(members) := {"kind": "Organization", "metadata": {"name": "acme"}, "spec": {"namespaces": ["new"], "members": members}}

table := {"kind": "PriceTable", "metadata": {"name": "default"}, "spec": {}}

by(object_, user, groups) := object.union(f.create(object_, "Stranger"), {"review": {"userInfo": {"username": user, "groups": groups}}})

cases := {
	"a member": {"in": by(organization({}), "mallory@acme.example", []), "want": {""}},
	"a member by group": {"in": by(table, "eve", ["acme"]), "want": {""}},
	"a delegate": {"in": by({"kind": "AdmissionPolicy", "metadata": {"name": "p"}}, "system:serviceaccount:argocd:argocd", []), "want": {""}},
	"a tenant's service account": {"in": by(table, "system:serviceaccount:acme-chat:robot", []), "want": {""}},
	"somebody with rights": {"in": by(organization({}), "ops@platform.example", ["ops"]), "want": set()},
	"a service account of the platform": {"in": by(table, "system:serviceaccount:flux-system:flux", []), "want": set()},
	"who lists themselves": {"in": by(organization({"users": ["eve"]}), "eve", []), "want": {""}},
	"who lists their group": {"in": by(organization({"groups": ["g"]}), "eve", ["g"]), "want": {""}},
	"who lists their service account": {"in": by(organization({"serviceAccounts": [{"namespace": "a", "name": "b"}]}), "system:serviceaccount:a:b", []), "want": {""}},
	"whose namespace it lists": {"in": by(organization({}), "system:serviceaccount:new:b", []), "want": {""}},
	"a member who asks for a reset, and changes nothing else": {
		"in": object.union(
			by(object.union(organization({}), {"metadata": {"annotations": {"tollgate.dev/reset": "acme@2026-11-01T00:00:00Z"}}}), "mallory@acme.example", []),
			{"review": {"operation": "UPDATE", "oldObject": organization({})}},
		),
		"want": {""},
	},
	"who was listed": {
		"in": object.union(by(organization({"users": []}), "eve", []), {"review": {"operation": "UPDATE", "oldObject": organization({"users": ["eve"]})}}),
		"want": {""},
	},
	"who deletes": {"in": object.union(f.delete(organization({}), "Stranger"), {"review": {"userInfo": {"username": "eve", "groups": ["acme"]}}}), "want": {""}},
	"an admin": {"in": f.create(organization({"groups": ["acme"]}), "Admin"), "want": set()},
	"nobody asks": {"in": object.union(f.create(organization({"users": [""]}), "Nobody"), {"review": {"userInfo": {"username": "", "groups": []}}}), "want": set()},
}

test_cases if {
	wrong := {name: got(c["in"]) | some name, c in cases; got(c["in"]) != c.want}
	print("wrong:", wrong)
	count({name | some name, c in cases; got(c["in"]) == c.want}) == count(cases)
}
