package crds

import (
	"fmt"
	"strings"
	"testing"
)

// organization is an Organization in YAML with these lines in its spec.
func organization(spec ...string) string {
	return "apiVersion: tollgate.dev/v1alpha1\nkind: Organization\nmetadata: {name: acme}\nspec:\n  displayName: Acme\n" + lines(spec)
}

func TestOrganization(t *testing.T) {
	verdicts := []verdict{
		{
			name: "everything",
			object: organization(
				`namespaces: [acme-chat, acme-search]`,
				`members: {users: [alice], groups: ["acme:engineers"], serviceAccounts: [{namespace: acme-chat, name: default}]}`,
				`delegates: {serviceAccounts: [{namespace: argocd, name: argocd-application-controller}]}`,
				`domains: [acme.example, "*.acme.example"]`,
				`pluginRegistries: ["registry.acme.example:5000/plugins"]`,
				`mimirTenant: acme-prod`,
				`ledger: {name: eu}`,
				`priceTable: default`,
				`budget: {limit: "9000000", period: Monthly}`,
			),
		},
		{name: "a name with a dot", object: strings.Replace(organization(), "name: acme", "name: a.b", 1), wantErrors: []string{"metadata.name must be a DNS label"}},
		{name: "a reserved name", object: strings.Replace(organization(), "name: acme", "name: upstream-a", 1), wantErrors: []string{"metadata.name must not begin with metric"}},
		{name: "a namespace twice", object: organization(`namespaces: [a, a]`), wantErrors: []string{"spec.namespaces[1]: Duplicate value"}},
		{name: "a namespace that is no label", object: organization(`namespaces: ["*"]`), wantErrors: []string{"spec.namespaces[0]"}},
		{name: "a domain that is a wildcard only", object: organization(`domains: ["*"]`), wantErrors: []string{"spec.domains[0]"}},
		{name: "a domain of one label", object: organization(`domains: [example]`), wantErrors: []string{"spec.domains[0]"}},
		{name: "a wildcard in the middle", object: organization(`domains: [a.*.example]`), wantErrors: []string{"spec.domains[0]"}},
		{name: "a domain in upper case", object: organization(`domains: [Acme.example]`), wantErrors: []string{"spec.domains[0]"}},
		{name: "a domain with a port", object: organization(`domains: ["acme.example:443"]`), wantErrors: []string{"spec.domains[0]"}},
		{name: "a registry with a scheme", object: organization(`pluginRegistries: ["oci://registry.acme.example"]`), wantErrors: []string{"spec.pluginRegistries[0]"}},
		{name: "a service account twice", object: organization(`members: {serviceAccounts: [{namespace: a, name: b}, {namespace: a, name: b}]}`), wantErrors: []string{"spec.members.serviceAccounts[1]: Duplicate value"}},
		{name: "a service account without a namespace", object: organization(`members: {serviceAccounts: [{name: b}]}`), wantErrors: []string{"spec.members.serviceAccounts[0].namespace: Required"}},
		{name: "a ledger that is an address", object: organization(`ledger: {name: "redis://:secret@host"}`), wantErrors: []string{"spec.ledger.name"}},
		{name: "a limit", object: organization(`budget: {limit: "9000001"}`), wantErrors: []string{"must be at most 9000000 dollars per window"}},
	}
	for _, tenant := range []string{"acme", "Acme_prod-1", "a!b.c*d'(e)", ""} {
		verdicts = append(verdicts, verdict{name: "the tenant " + tenant, object: organization(fmt.Sprintf("mimirTenant: %q", tenant))})
	}
	for _, tenant := range []string{"a|b", ".", "..", "a/b", "a b", "ä", "a\n", "__mimir_cluster", "{acme}"} {
		verdicts = append(verdicts, verdict{
			name: "the tenant " + tenant, object: organization(fmt.Sprintf("mimirTenant: %q", tenant)),
			wantErrors: []string{"spec.mimirTenant: Invalid value", "must be a Mimir tenant ID: letters, digits and any of !-_.*'() and neither . nor .. (no | that would join tenants)"},
		})
	}
	checkVerdicts(t, "organizations", verdicts)
}

func TestOrganizationDefaults(t *testing.T) {
	v := newValidator(t, "organizations")
	obj := parse(t, organization())
	if errs := v.judge(t.Context(), obj, nil); len(errs) > 0 {
		t.Fatal(errs.ToAggregate())
	}
	spec := obj["spec"].(map[string]any)
	if got := spec["ledger"].(map[string]any)["name"]; got != "default" {
		t.Errorf("the ledger is %v, want default", got)
	}
	if got := spec["priceTable"]; got != "default" {
		t.Errorf("the price table is %v, want default", got)
	}
}
