package tollgate.baseline.project_budgets_test

import data.tollgate.baseline.fixture_test as f
import data.tollgate.baseline.project_budgets

got(request) := f.fields(violations) if {
	violations := project_budgets.violation with input as request
		with data.tollgate.settings as f.settings
		with data.tollgate.namespace_owner as f.namespace_owner
		with data.tollgate.organization as f.organization
}

month(limit) := {"limit": limit, "period": "Monthly"}

day(limit) := {"limit": limit, "period": "Daily"}

with_groups(budget, groups) := f.member(f.project("chat", {"budget": budget, "groups": groups}))

group := "spec.groups[0].budget.limit"

user := "spec.groups[0].userBudget.limit"

cases := {
	"fits": {"in": with_groups(month("2000"), [{"name": "g", "budget": month("2000"), "userBudget": day("25")}]), "want": set()},
	"group above": {"in": with_groups(month("2000"), [{"name": "g", "budget": month("2000.01")}]), "want": {group}},
	"one day above a month": {"in": with_groups(month("20"), [{"name": "g", "budget": day("20.5")}]), "want": {group}},
	"a month above a day": {"in": with_groups(day("20"), [{"name": "g", "budget": month("500")}]), "want": set()},
	"the default period": {"in": with_groups({"limit": "20"}, [{"name": "g", "budget": {"limit": "21"}}]), "want": {group}},
	"user above the group": {"in": with_groups(month("2000"), [{"name": "g", "budget": month("10"), "userBudget": month("11")}]), "want": {user}},
	"user above both": {"in": with_groups(month("5"), [{"name": "g", "budget": month("5"), "userBudget": month("11")}]), "want": {user}},
	"above the organization": {"in": with_groups(month("5000.000000001"), []), "want": {"spec.budget.limit"}},
	"no budget": {"in": f.member(f.project("chat", {"groups": [{"name": "g", "budget": month("99999")}]})), "want": set()},
	"another's organization": {"in": f.member(f.project("chat", {"organization": "globex", "budget": month("9000")})), "want": set()},
}

test_cases if {
	wrong := {name: got(c["in"]) | some name, c in cases; got(c["in"]) != c.want}
	print("wrong:", wrong)
	count({name | some name, c in cases; got(c["in"]) == c.want}) == count(cases)
}
