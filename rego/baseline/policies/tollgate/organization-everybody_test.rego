package tollgate.baseline.organization_everybody_test

import data.tollgate.baseline.fixture_test as f
import data.tollgate.baseline.organization_everybody

got(spec) := f.fields(violations) if {
	violations := organization_everybody.violation with input as f.create({"kind": "Organization", "metadata": {"name": "acme"}, "spec": spec}, "Admin")
}

test_own_people if got({"members": {"groups": ["acme", "system:serviceaccounts:acme-chat"], "users": ["alice"]}, "delegates": {"groups": ["gitops"]}}) == set()

test_everybody if {
	got({"members": {"groups": ["acme", "system:authenticated"], "users": ["system:anonymous"]}, "delegates": {"groups": ["system:serviceaccounts"]}}) == {
		"spec.members.groups[1]", "spec.members.users[0]", "spec.delegates.groups[0]",
	}
}

test_unchanged if {
	object_ := {"kind": "Organization", "metadata": {"name": "acme"}, "spec": {"members": {"groups": ["system:authenticated"]}}}
	count(organization_everybody.violation) == 0 with input as f.update(object_, object_)
}
