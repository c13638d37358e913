package inventory_test

import (
	"testing"
	"time"

	"tollgate.dev/tollgate/rego/settings"
)

func TestTenants(t *testing.T) {
	inv := build(t, acme, globex, chat, intruder)
	check(t, inv, "acme", "tollgate", "namespace_owner", "acme-web") // the older of two that list it
	check(t, inv, fields{"acme-chat": "acme", "acme-web": "acme", "globex": "globex"}, "tollgate", "namespace_owner")
	check(t, inv, "acme", "tollgate", "host_owner", "www.acme.example")
	check(t, inv, "acme", "tollgate", "host_owner", "*.acme.example")
	check(t, inv, nil, "tollgate", "host_owner", "globex.example")
	check(t, inv, nil, "tollgate", "host_owner", "*")
	check(t, inv, fields{
		"name": "acme", "namespaces": fields{"acme-chat": true, "acme-web": true},
		"domains": list{"acme.example", "*.acme.example"}, "pluginRegistries": list{"registry.acme.example/plugins"},
		"budget": "5000.00", "budgetNano": "5000000000000", "budgetPeriod": "Monthly", "priceTable": "default", "conflicts": list{},
	}, "tollgate", "organization", "acme")
	check(t, inv, nil, "tollgate", "organization", "globex", "budget", "x")
	check(t, inv, fields{"globex": true}, "tollgate", "organization", "globex", "namespaces")
	if got := len(read(t, inv, "tollgate", "organization", "globex", "conflicts").(list)); got != 2 {
		t.Errorf("globex has %d conflicts, want 2: the namespace and the domain that acme has", got)
	}
	accepted := fields{"namespace": "acme-chat", "organization": "acme", "accepted": true, "uid": "p1", "budget": "100", "budgetNano": "100000000000"}
	check(t, inv, fields{"chat": accepted}, "tollgate", "project", "acme")
	check(t, inv, accepted, "tollgate", "project_in", "acme-chat", "chat")
	check(t, inv, false, "tollgate", "project_in", "globex", "intruder", "accepted")
	check(t, inv, list{"acme-chat/chat"}, "tollgate", "model_users", "gpt-4o")
	check(t, inv, list{"acme-chat/chat"}, "tollgate", "model_users", "claude-3")
	check(t, inv, nil, "tollgate", "model_users", "mistral") // the intruder's * does not count
}

func TestPrices(t *testing.T) {
	inv := build(t, `
apiVersion: tollgate.dev/v1alpha1
kind: PriceTable
metadata: {name: default}
spec:
  models:
  - {provider: "", model: whole, effectiveFrom: "1970-01-01T00:00:00Z", mode: Chat, input: "1", output: "2"}
  - {provider: "", model: half, effectiveFrom: "1970-01-01T00:00:00Z", mode: Chat, input: "1"}
  - {provider: "", model: later, effectiveFrom: "2999-01-01T00:00:00Z", mode: Chat, input: "1", output: "2"}
  - {provider: a, model: named, effectiveFrom: "1970-01-01T00:00:00Z", mode: Chat, input: "1", output: "2"}
  - {provider: b, model: named, effectiveFrom: "1970-01-01T00:00:00Z", mode: Chat, input: "1"}
  - {provider: "", model: renewed, effectiveFrom: "1970-01-01T00:00:00Z", mode: Chat, input: "1", output: "2"}
  - {provider: "", model: renewed, effectiveFrom: "2999-01-01T00:00:00Z", mode: Chat, input: "1"}
`)
	check(t, inv, fields{"default": fields{"whole": true, "renewed": true}}, "tollgate", "priced")
	check(t, inv, true, "tollgate", "priced", "default", "whole")
	for _, model := range []string{"half", "later", "named", "unknown"} {
		check(t, inv, nil, "tollgate", "priced", "default", model)
	}
	check(t, inv, nil, "tollgate", "priced", "other", "whole")
	check(t, inv, list{fields{"provider": "", "mode": "Chat", "effectiveFrom": "1970-01-01T00:00:00Z"}}, "tollgate", "price_table", "default", "models", "half")
}

// A price that begins later is in force when its time comes, with no object
// changed in between.
func TestPricesFollowTheClock(t *testing.T) {
	soon := time.Now().Add(1100 * time.Millisecond).UTC()
	inv := build(t, `
apiVersion: tollgate.dev/v1alpha1
kind: PriceTable
metadata: {name: default}
spec: {models: [{provider: "", model: m, effectiveFrom: "`+soon.Format(time.RFC3339)+`", mode: Embedding, input: "1"}]}
`)
	for deadline := time.Now().Add(3 * time.Minute); read(t, inv, "tollgate", "priced", "default", "m") == nil; time.Sleep(20 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal("the price never came into force")
		}
	}
}

func TestPlugins(t *testing.T) {
	plugin := func(namespace string) string {
		return `
apiVersion: extensions.higress.io/v1alpha1
kind: WasmPlugin
metadata: {name: tollgate-auth, namespace: ` + namespace + `}
spec:
  url: oci://registry.example/auth@sha256:00
  phase: AUTHN
  priority: 310
  failStrategy: FAIL_CLOSE
  imagePullSecret: pull
  defaultConfig: {consumers: [{credential: "Bearer ${secret.acme-chat/keys.alice} ${secret.redis.password}"}]}
  matchRules:
  - {ingress: [acme-chat/llm, acme-chat/other], config: {allow: []}}
  - {ingress: [acme-chat/disabled], configDisable: true}
  - {ingress: [acme-chat/by-domain], domain: [a.example]}
  - {ingress: [acme-chat/by-service], service: [x.dns]}
  - {ingress: [acme-chat/grpc], routeType: GRPC}
  - {domain: [a.example]}
`
	}
	inv := build(t, plugin("higress-system"))
	check(t, inv, fields{"tollgate-auth": fields{"acme-chat/llm": true, "acme-chat/other": true}}, "tollgate", "guarded")
	check(t, inv, true, "tollgate", "guarded", "tollgate-auth", "acme-chat/llm")
	check(t, inv, nil, "tollgate", "guarded", "tollgate-auth", "acme-chat/disabled")
	check(t, inv, fields{"url": "oci://registry.example/auth@sha256:00", "phase": "AUTHN", "priority": 310, "failStrategy": "FAIL_CLOSE"}, "tollgate", "wasm_plugin", "tollgate-auth")
	user := list{"WasmPlugin higress-system/tollgate-auth"}
	check(t, inv, fields{
		"acme-chat/keys":       user,
		"higress-system/redis": user,
		"higress-system/pull":  list{"WasmPlugin higress-system/tollgate-auth (image)"},
	}, "tollgate", "secret_user")

	elsewhere := build(t, plugin("acme-chat"))
	check(t, elsewhere, fields{}, "tollgate", "guarded") // Higress does not read it there
	check(t, elsewhere, fields{}, "tollgate", "secret_user")
}

func TestPluginsOfTenants(t *testing.T) {
	plugin := func(name, labels string) string {
		return `
apiVersion: extensions.higress.io/v1alpha1
kind: WasmPlugin
metadata: {name: ` + name + `, namespace: higress-system, labels: {` + labels + `}}
spec:
  url: registry.example/` + name + `
  sha256: "00"
  matchRules:
  - {ingress: [acme-chat/web, acme-chat/api]}
  - {ingress: [acme-chat/web, acme-chat/disabled], configDisable: true}
`
	}
	inv := build(t, plugin("a", "tollgate.dev/organization: acme"), plugin("b", "tollgate.dev/organization: acme"), plugin("platform", "team: a"))
	a := fields{"url": "registry.example/a", "sha256": "00"}
	b := fields{"url": "registry.example/b", "sha256": "00"}
	check(t, inv, fields{"a": a, "b": b}, "tollgate", "tenant_rule", "acme-chat/web")
	check(t, inv, fields{
		"acme-chat/web":      fields{"a": a, "b": b},
		"acme-chat/api":      fields{"a": a, "b": b},
		"acme-chat/disabled": fields{"a": a, "b": b},
	}, "tollgate", "tenant_rule")
	check(t, inv, nil, "tollgate", "tenant_rule", "acme-chat/other")
}

func TestPluginConfigReplacesRules(t *testing.T) {
	inv := build(t, `
apiVersion: extensions.higress.io/v1alpha1
kind: WasmPlugin
metadata: {name: p, namespace: higress-system}
spec: {pluginConfig: {a: 1}, matchRules: [{ingress: [acme/web]}]}
`)
	check(t, inv, fields{"p": fields{}}, "tollgate", "guarded")
}

func TestBridge(t *testing.T) {
	inv := build(t, `
apiVersion: networking.higress.io/v1
kind: McpBridge
metadata: {name: default, namespace: higress-system}
spec:
  registries:
  - {name: llm-acme.internal, type: dns, domain: api.openai.com, port: 443, metadata: {tollgate.dev: {innerMap: {organization: acme}}}}
  - {name: redis, type: static, domain: "10.0.0.1:6379", port: 80, authSecretName: login}
`, `
apiVersion: networking.higress.io/v1
kind: McpBridge
metadata: {name: other, namespace: higress-system}
spec: {registries: [{name: ghost, type: dns, domain: x.example, port: 443}]}
`)
	check(t, inv, fields{"llm-acme.internal.dns": fields{"owner": "acme"}, "redis.static": fields{"owner": ""}}, "tollgate", "mcp_service")
	check(t, inv, list{"McpBridge higress-system/default"}, "tollgate", "secret_user", "higress-system/login")
}

func TestGrants(t *testing.T) {
	inv := build(t, `
apiVersion: gateway.networking.k8s.io/v1
kind: ReferenceGrant
metadata: {name: g, namespace: shared}
spec:
  from: [{group: gateway.networking.k8s.io, kind: HTTPRoute, namespace: acme-web}]
  to: [{group: "", kind: Service, name: llm}, {group: "", kind: Secret}]
`)
	from := fields{"fromGroup": "gateway.networking.k8s.io", "fromKind": "HTTPRoute", "toGroup": ""}
	with := func(kind, name string) fields {
		f := fields{"toKind": kind, "toName": name}
		for k, v := range from {
			f[k] = v
		}
		return f
	}
	check(t, inv, fields{"acme-web": fields{"shared": list{with("Service", "llm"), with("Secret", "")}}}, "tollgate", "granted")
}

func TestNamespaces(t *testing.T) {
	inv := build(t,
		"{apiVersion: v1, kind: Namespace, metadata: {name: a, labels: {team: x}, annotations: {note: mine}}}",
		"{apiVersion: v1, kind: Namespace, metadata: {name: b, deletionTimestamp: '2026-01-01T00:00:00Z'}}",
		"{apiVersion: v1, kind: Namespace, metadata: {name: c}, status: {phase: Terminating}}")
	check(t, inv, fields{"labels": fields{"team": "x"}, "annotations": fields{"note": "mine"}, "terminating": false}, "tollgate", "namespace", "a")
	check(t, inv, true, "tollgate", "namespace", "b", "terminating")
	check(t, inv, true, "tollgate", "namespace", "c", "terminating")
	labels, annotations, terminating, known := inv.Namespace("a")
	if labels["team"] != "x" || annotations["note"] != "mine" || terminating || !known {
		t.Errorf("Namespace(a) = %v, %v, %v, %v", labels, annotations, terminating, known)
	}
	if _, _, _, known := inv.Namespace("nowhere"); known {
		t.Error("a namespace that was never put is known")
	}
}

func TestSettingsAreRead(t *testing.T) {
	inv := build(t)
	check(t, inv, settings.Default(), "tollgate", "settings")
	check(t, inv, list{}, "tollgate", "settings", "admins", "users") // there, though empty
}
