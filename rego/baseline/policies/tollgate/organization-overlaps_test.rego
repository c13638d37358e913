package tollgate.baseline.organization_overlaps_test

import data.tollgate.baseline.fixture_test as f
import data.tollgate.baseline.organization_overlaps

got(request) := f.fields(violations) if {
	violations := organization_overlaps.violation with input as request
		with data.tollgate.settings as f.settings
		with data.tollgate.namespace_owner as f.namespace_owner
		with data.tollgate.namespace_claims as {"shared": ["acme", "globex"], "acme-chat": ["acme"]}
		with data.tollgate.domain_claims as {"*.globex.example": ["globex"], "acme.example": ["acme"]}
		with data.tollgate.tenant_claims as {"globex": ["globex"], "acme": ["acme"]}
}

organization(name, spec) := f.create({"kind": "Organization", "metadata": {"name": name}, "spec": spec}, "Admin")

cases := {
	"its own": {"in": organization("acme", {"namespaces": ["acme-chat", "new"], "domains": ["acme.example", "new.example"]}), "want": set()},
	"a namespace": {"in": organization("acme", {"namespaces": ["acme-chat", "shared"]}), "want": {"spec.namespaces[1]"}},
	"a domain": {"in": organization("acme", {"domains": ["*.Globex.example."]}), "want": {"spec.domains[0]"}},
	"a tenant": {"in": organization("acme", {"mimirTenant": "globex"}), "want": {"spec.mimirTenant"}},
	"a tenant by its name": {"in": organization("initech", {"mimirTenant": ""}), "want": set()},
	"everything of another": {"in": organization("new", {"namespaces": ["shared"], "domains": ["acme.example"], "mimirTenant": "acme"}), "want": {"spec.namespaces[0]", "spec.domains[0]", "spec.mimirTenant"}},
	"unchanged": {
		"in": object.union(organization("acme", {"mimirTenant": "globex"}), {"review": {"operation": "UPDATE", "oldObject": {"metadata": {"name": "acme"}, "spec": {"mimirTenant": "globex"}}}}),
		"want": set(),
	},
}

test_cases if {
	wrong := {name: got(c["in"]) | some name, c in cases; got(c["in"]) != c.want}
	print("wrong:", wrong)
	count({name | some name, c in cases; got(c["in"]) == c.want}) == count(cases)
}
