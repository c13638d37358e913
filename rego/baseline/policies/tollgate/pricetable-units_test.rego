package tollgate.baseline.pricetable_units_test

import data.tollgate.baseline.fixture_test as f
import data.tollgate.baseline.pricetable_units

got(request) := f.fields(violations) if {
	violations := pricetable_units.violation with input as request
		with data.tollgate.settings as f.settings
		with data.tollgate.namespace_owner as f.namespace_owner
}

table(models) := object.union(
	f.create({"kind": "PriceTable", "metadata": {"name": "default"}, "spec": {"models": models}}, "Admin"),
	{"parameters": data.testing.parameters["pricetable-units"]},
)

cheap := {"model": "m", "input": "0.0000025"}

cases := {
	"sane": {"in": table([{"model": "m", "input": "2.50", "output": "10", "cacheRead": "0"}]), "want": set()},
	"per token": {"in": table([{"model": "m", "input": "2.50"}, cheap]), "want": {"spec.models[1].input"}},
	"in a tier": {"in": table([{"model": "m", "input": "1", "tiers": [{"aboveTokens": 1, "output": "0.00009"}]}]), "want": {"spec.models[0].tiers[0].output"}},
	"the least and the most": {"in": table([{"model": "m", "input": "0.0001", "output": "10000"}]), "want": set()},
	"beyond the least and the most": {"in": table([{"model": "m", "input": "0.000099999", "output": "10000.000000001"}]), "want": {"spec.models[0].input", "spec.models[0].output"}},
	"too much": {"in": table([{"model": "m", "output": "2500000"}]), "want": {"spec.models[0].output"}},
	"per request": {"in": table([{"model": "m", "perRequest": "0.0001"}]), "want": set()},
	"per request, too much": {"in": table([{"model": "m", "perRequest": "1001"}]), "want": {"spec.models[0].perRequest"}},
	"meant": {"in": table([object.union(cheap, {"override": true})]), "want": set()},
	"there before": {
		"in": object.union(table([cheap, {"model": "n", "input": "1"}]), {"review": {"operation": "UPDATE", "oldObject": {"spec": {"models": [cheap]}}}}),
		"want": set(),
	},
}

test_many_are_counted if {
	violations := pricetable_units.violation with input as table([{"model": sprintf("m%d", [i]), "input": "0.00001"} | some i in numbers.range(1, 25)])
	count(violations) == 21
	"5 more prices look wrong." in {v.msg | some v in violations}
}

test_cases if {
	wrong := {name: got(c["in"]) | some name, c in cases; got(c["in"]) != c.want}
	print("wrong:", wrong)
	count({name | some name, c in cases; got(c["in"]) == c.want}) == count(cases)
}
