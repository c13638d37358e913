package tollgate.baseline.project_organization_test

import data.tollgate.baseline.fixture_test as f
import data.tollgate.baseline.project_organization

got(request) := f.fields(violations) if {
	violations := project_organization.violation with input as request
		with data.tollgate.settings as f.settings
		with data.tollgate.namespace_owner as f.namespace_owner
}

refused := {"spec.organization"}

of(name, standing) := f.create(f.project("chat", {"organization": name}), standing)

cases := {
	"its own": {"in": of("acme", "Member"), "want": set()},
	"another": {"in": of("globex", "Member"), "want": refused},
	"one that is not there": {"in": of("nowhere", "Member"), "want": refused},
	"an admin's": {"in": of("globex", "Admin"), "want": refused},
	"unowned namespace": {"in": f.create(f.in_namespace(f.project("chat", {}), "shop"), "Stranger"), "want": refused},
	"a finalizer goes": {
		"in": f.update(f.project("chat", {"organization": "globex"}), object.union(f.project("chat", {"organization": "globex"}), {"metadata": {"finalizers": ["a/b"]}})),
		"want": set(),
	},
}

messages(name) := {v.msg |
	some v in project_organization.violation with input as of(name, "Member")
		with data.tollgate.namespace_owner as f.namespace_owner
}

test_says_the_same_whether_it_exists if {
	messages("globex") == messages("nowhere")
	count(messages("globex")) == 1
}

test_cases if {
	wrong := {name: got(c["in"]) | some name, c in cases; got(c["in"]) != c.want}
	print("wrong:", wrong)
	count({name | some name, c in cases; got(c["in"]) == c.want}) == count(cases)
}
