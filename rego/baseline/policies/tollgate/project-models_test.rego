package tollgate.baseline.project_models_test

import data.tollgate.baseline.fixture_test as f
import data.tollgate.baseline.project_models

got(request) := f.fields(violations) if {
	violations := project_models.violation with input as request
		with data.tollgate.settings as f.settings
		with data.tollgate.namespace_owner as f.namespace_owner
		with data.tollgate.organization as f.organization
		with data.tollgate.priced as {"default": {"gpt-4o": true}, "own": {"o3": true}}
}

allowing(models) := f.project("chat", {"groups": [{"name": "g", "models": []}, {"name": "h", "models": models}]})

cases := {
	"priced": {"in": f.member(allowing(["gpt-4o"])), "want": set()},
	"a pattern": {"in": f.member(allowing(["gpt-*", "*"])), "want": set()},
	"unpriced": {"in": f.member(allowing(["gpt-4o", "gpt-5"])), "want": {"spec.groups[1].models[1]"}},
	"priced in another table": {"in": f.member(allowing(["o3"])), "want": {"spec.groups[1].models[0]"}},
	"added": {"in": f.update(allowing(["gpt-5", "gpt-6"]), allowing(["gpt-5"])), "want": {"spec.groups[1].models[1]"}},
	"there before": {"in": f.update(allowing(["gpt-5", "gpt-4o"]), allowing(["gpt-5"])), "want": set()},
	"another's organization": {"in": f.member(object.union(allowing(["gpt-5"]), {"spec": {"organization": "globex"}})), "want": set()},
}

test_many_are_counted if {
	violations := project_models.violation with input as f.member(allowing([sprintf("m%d", [i]) | some i in numbers.range(1, 25)]))
		with data.tollgate.namespace_owner as f.namespace_owner
		with data.tollgate.organization as f.organization
		with data.tollgate.priced as {"default": {}}
	count(violations) == 20
	some v in violations
	endswith(v.msg, "table, nor have 5 more.")
}

test_cases if {
	wrong := {name: got(c["in"]) | some name, c in cases; got(c["in"]) != c.want}
	print("wrong:", wrong)
	count({name | some name, c in cases; got(c["in"]) == c.want}) == count(cases)
}
