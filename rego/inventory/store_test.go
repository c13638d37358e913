package inventory_test

import (
	"context"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/open-policy-agent/opa/v1/ast"
	"github.com/open-policy-agent/opa/v1/rego"
	"github.com/open-policy-agent/opa/v1/storage"

	"tollgate.dev/tollgate/apis/tollgate/v1alpha1"
	"tollgate.dev/tollgate/rego/inventory"
	"tollgate.dev/tollgate/rego/settings"
)

// Policies read the store through OPA itself: by ground references, by
// iteration, below values, and where nothing stands.
func TestPoliciesRead(t *testing.T) {
	b := inventory.NewBuilder(settings.Default())
	b.Whole([]v1alpha1.InventoryKind{{Group: "networking.k8s.io", Version: "v1", Kind: "Ingress"}})
	put(t, b, acme, globex, chat, web, llm, higressClass, gateway)
	inv := b.Build()
	for _, tc := range []struct {
		name, query string
		want        any
	}{
		{name: "a ground look-up", query: `data.tollgate.namespace_owner["acme-chat"]`, want: "acme"},
		{name: "below a value", query: `data.tollgate.gateway["higress-system/public"].listeners[1].name`, want: "any"},
		{name: "a list's length", query: `count(data.tollgate.host_route["web.acme.example"])`, want: 2},
		{name: "a miss is undefined", query: `data.tollgate.namespace_owner.nobody`},
		{name: "a miss is false under not", query: `{x | x := 1; not data.tollgate.route["no/where"]}`, want: list{1}},
		{name: "a document that is none", query: `data.tollgate.nonsense.x`},
		{name: "iterating over keys", query: `sort({g | some g, _ in data.tollgate.gateway})`, want: list{"higress-system/public"}},
		{name: "iterating over a nested document", query: `sort({n | data.tollgate.project_in[ns][n]})`, want: list{"chat"}},
		{name: "iterating over settings", query: `[c | some c in data.tollgate.settings.gateway.ingressClasses]`, want: list{"higress"}},
		{name: "iterating over the documents", query: `count([k | data.tollgate[k]]) > 10`, want: true},
		{name: "host_owner cannot be iterated", query: `[h | data.tollgate.host_owner[h]]`, want: list{}},
		{name: "but answers", query: `data.tollgate.host_owner["a.b.acme.example"]`, want: "acme"},
		{name: "whole objects", query: `data.inventory.namespace["acme-web"]["networking.k8s.io/v1"].Ingress.web.spec.ingressClassName`, want: "higress"},
		{name: "whole objects as Gatekeeper's policies iterate", query: `sort([name | data.inventory.namespace[ns][_].Ingress[name]])`, want: list{"llm", "web"}},
		{name: "a number as a key", query: `data.tollgate.gateway["higress-system/public"].listeners["x"]`},
		{name: "the root", query: `sort(object.keys(data))`, want: list{"inventory", "tollgate"}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			if diff := cmp.Diff(plain(t, tc.want), query(t, inv, tc.query)); diff != "" {
				t.Errorf("%s (-want +got):\n%s", tc.query, diff)
			}
		})
	}
}

// A policy package below data.tollgate joins the tree: libraries stand at
// data.tollgate.lib, where the store has nothing.
func TestLibrariesStandBesideDocuments(t *testing.T) {
	inv := build(t, acme)
	rs, err := rego.New(
		rego.Query(`x := data.tollgate.lib.owner.of("acme-chat")`),
		rego.Module("owner.rego", "package tollgate.lib.owner\nof(ns) := data.tollgate.namespace_owner[ns]"),
		rego.Store(inv),
	).Eval(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff("acme", rs[0].Bindings["x"]); diff != "" {
		t.Error(diff)
	}
}

// A rule that would hide a document of the store does not compile.
func TestRulesHideNoDocument(t *testing.T) {
	inv := build(t, acme)
	for _, tc := range []struct {
		pkg      string
		conflict bool
	}{
		{pkg: "package tollgate.route", conflict: true},
		{pkg: "package tollgate.settings.gateway", conflict: true},
		{pkg: "package tollgate.lib.host"},
		{pkg: "package tollgate.baseline.hosts"},
		{pkg: "package policies.x"},
	} {
		t.Run(tc.pkg, func(t *testing.T) {
			compiler := ast.NewCompiler().WithPathConflictsCheck(storage.NonEmpty(t.Context(), inv, nil))
			compiler.Compile(map[string]*ast.Module{"x": ast.MustParseModule(tc.pkg + "\nx := 1")})
			if got := compiler.Failed(); got != tc.conflict {
				t.Errorf("conflict %v, want %v: %v", got, tc.conflict, compiler.Errors)
			}
		})
	}
}

func TestWritesAreRefused(t *testing.T) {
	inv := build(t)
	ctx := context.Background()
	for name, err := range map[string]error{
		"Write":        inv.Write(ctx, nil, storage.AddOp, storage.Path{"x"}, 1),
		"Truncate":     inv.Truncate(ctx, nil, storage.WriteParams, nil),
		"UpsertPolicy": inv.UpsertPolicy(ctx, nil, "x", nil),
		"DeletePolicy": inv.DeletePolicy(ctx, nil, "x"),
		"NewTransaction": func() error {
			_, err := inv.NewTransaction(ctx, storage.WriteParams)
			return err
		}(),
	} {
		if err == nil {
			t.Errorf("%s was not refused", name)
		}
	}
}

// Users are most of what a Project says, and no policy asks for them.
func TestUsersOfProjectsAreNotKept(t *testing.T) {
	project := func(user string) string {
		return "{apiVersion: tollgate.dev/v1alpha1, kind: Project, metadata: {name: chat, namespace: acme-chat, uid: p}, spec: {organization: acme, groups: [{name: g, models: [gpt-4o], users: [{name: " + user + "}]}]}}"
	}
	b := inventory.NewBuilder(settings.Default())
	put(t, b, acme, project("alice"))
	first := b.Build().Directory()
	views := first.Projects("")
	if len(views) != 1 || len(views[0].Project.Spec.Groups) != 1 {
		t.Fatalf("%d projects, want one with a group", len(views))
	}
	if users := views[0].Project.Spec.Groups[0].Users; len(users) != 0 {
		t.Errorf("the users %v are kept", users)
	}
	put(t, b, project("bob"))
	if b.Build().Directory() != first {
		t.Error("who owns what was computed anew for another user of a project")
	}
}
