package tollgate.baseline.pricetable_in_use_test

import data.tollgate.baseline.fixture_test as f
import data.tollgate.baseline.pricetable_in_use

got(request) := f.fields(violations) if {
	violations := pricetable_in_use.violation with input as request
		with data.tollgate.settings as f.settings
		with data.tollgate.namespace_owner as f.namespace_owner
		with data.tollgate.organization as f.organization
		with data.tollgate.model_users as {"gpt-4o": ["acme-chat/chat", "acme-search/s", "globex-research/lab"], "o3": ["globex-research/lab"]}
}

table(models) := {"kind": "PriceTable", "metadata": {"name": "default"}, "spec": {"models": [{"model": m} | some m in models]}}

cases := {
	"kept": {"in": f.update(table(["gpt-4o", "new"]), table(["gpt-4o"])), "want": set()},
	"dropped": {"in": f.update(table(["new"]), table(["gpt-4o"])), "want": {"spec.models"}},
	"dropped, used by nobody": {"in": f.update(table([]), table(["old"])), "want": set()},
	"dropped, used by who has another table": {"in": f.update(table([]), table(["o3"])), "want": set()},
	"deleted": {"in": f.delete(table(["gpt-4o"]), "Admin"), "want": {"spec.models"}},
}

test_message_counts if {
	{v.msg |
		some v in pricetable_in_use.violation with input as f.update(table([]), table(["gpt-4o"]))
			with data.tollgate.namespace_owner as f.namespace_owner
			with data.tollgate.organization as f.organization
			with data.tollgate.model_users as {"gpt-4o": ["acme-chat/chat", "acme-search/s", "globex-research/lab"]}
	} == {`Model "gpt-4o" loses its price, and 2 project(s) allow it.`}
}

test_cases if {
	wrong := {name: got(c["in"]) | some name, c in cases; got(c["in"]) != c.want}
	print("wrong:", wrong)
	count({name | some name, c in cases; got(c["in"]) == c.want}) == count(cases)
}
