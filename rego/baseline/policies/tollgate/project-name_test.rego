package tollgate.baseline.project_name_test

import data.tollgate.baseline.fixture_test as f
import data.tollgate.baseline.project_name

got(request) := f.fields(violations) if {
	violations := project_name.violation with input as request
		with data.tollgate.settings as f.settings
		with data.tollgate.namespace_owner as f.namespace_owner
		with data.tollgate.project as {"acme": {"chat": {"namespace": "acme-chat"}, "search": {"namespace": "acme-search"}}, "globex": {"lab": {"namespace": "globex-research"}}}
}

cases := {
	"free": {"in": f.member(f.project("new", {})), "want": set()},
	"its own": {"in": f.member(f.project("chat", {})), "want": set()},
	"taken": {"in": f.member(f.project("search", {})), "want": {"metadata.name"}},
	"taken, for an admin too": {"in": f.create(f.project("search", {}), "Admin"), "want": {"metadata.name"}},
	"of another organization": {"in": f.member(f.project("lab", {})), "want": set()},
	"another organization's names are not told": {"in": f.member(f.project("lab", {"organization": "globex"})), "want": set()},
	"an update": {"in": f.update(f.project("search", {"groups": []}), f.project("search", {})), "want": set()},
}

test_cases if {
	wrong := {name: got(c["in"]) | some name, c in cases; got(c["in"]) != c.want}
	print("wrong:", wrong)
	count({name | some name, c in cases; got(c["in"]) == c.want}) == count(cases)
}
