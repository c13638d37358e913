package baseline_test

import (
	"strings"
	"testing"

	"tollgate.dev/tollgate/rego/admission"
)

// FuzzWasmPlugin holds the verdict on WasmPlugins against the oracle.
func FuzzWasmPlugin(f *testing.F) {
	judge := gatewayJudge(f)
	for _, roll := range rolls(50) {
		f.Add(roll)
	}
	f.Fuzz(func(t *testing.T, roll []byte) { wasmPlugin(t, judge, roll) })
}

// TestWasmPluginOracle does the same with many objects that are the same each
// time, and sees to it that both verdicts come up.
func TestWasmPluginOracle(t *testing.T) {
	judge := gatewayJudge(t)
	verdicts := map[bool]int{}
	for _, roll := range rolls(1500) {
		verdicts[wasmPlugin(t, judge, roll)]++
	}
	if verdicts[true] < 100 || verdicts[false] < 200 {
		t.Errorf("allowed %d, refused %d: the objects are too much alike to show anything", verdicts[true], verdicts[false])
	}
}

func wasmPlugin(t *testing.T, judge *admission.Judge, roll []byte) (allowed bool) {
	d := &dice{rest: roll}
	by := people()[d.throw(len(people()))]
	object := clean(t, newWasmPlugin(d))
	verdict := verdictOf(t, judge, by, "extensions.higress.io", "v1alpha1", object)
	hold(t, by, object, verdict, pluginReasons(t, by, object))
	return verdict.Allowed()
}

// newWasmPlugin makes an object that acme may write when all choices are plain.
func newWasmPlugin(d *dice) map[string]any {
	metadata := map[string]any{
		"name":      d.of("acme-plain", "tollgate-auth", "tollgate-budget", "tollgate-proxy", "acme-corp-plain", "ai-proxy.internal", "key-auth.internal", "acme-x.internal"),
		"namespace": d.of("higress-system", "higress-system", "higress-system", "acme-chat", "acme-corp-chat", "data"),
	}
	labels := map[string]any{}
	if label := d.of("acme", "acme", "acme-corp", "", "nobody"); label != "" {
		labels["tollgate.dev/organization"] = label
	}
	if d.rarely() {
		labels["higress.io/wasm-plugin-name"] = d.of("tollgate-budget", "key-auth")
	}
	metadata["labels"] = labels
	if d.rarely() {
		metadata["annotations"] = map[string]any{d.text("note", "higress.io/comment"): d.text("hello", "${secret.acme-chat/x.y}")}
	}
	spec := newPluginSpec(d)
	if d.throw(6) == 1 {
		metadata["name"], spec = "key-auth.internal", newKeyAuth(d)
		delete(labels, "tollgate.dev/organization")
	}
	return map[string]any{"apiVersion": "extensions.higress.io/v1alpha1", "kind": "WasmPlugin", "metadata": metadata, "spec": spec}
}

func newPluginSpec(d *dice) map[string]any {
	spec := map[string]any{"defaultConfigDisable": true, "failStrategy": "FAIL_OPEN"}
	ones, twos := strings.Repeat("1", 64), strings.Repeat("2", 64)
	spec["url"] = d.text(
		"oci://registry.acme.example/plugins/plain@sha256:"+ones,
		"oci://registry.platform.example/plugins/safe@sha256:"+twos,
		"registry.acme.example/plugins/plain:1.0@sha256:"+ones,
		"oci://registry.platform.example/plugins/ai-cache@sha256:"+strings.Repeat("3", 64),
		"oci://registry.platform.example/plugins/ip-restriction@sha256:"+strings.Repeat("4", 64),
		"oci://registry.platform.example/plugins/key-auth@sha256:"+strings.Repeat("5", 64),
		"oci://registry.acme.example/plugins/plain@sha256:"+twos,
		"oci://registry.acme.example/plugins/plain:1.0",
		"oci://registry.acme.example.evil.example/plugins/plain@sha256:"+ones,
		"oci://registry.acme.example@evil.example/plugins/plain@sha256:"+ones,
		"oci://registry.acme.example/plugins/../plain@sha256:"+ones,
		"oci://registry.acme-corp.example/plain@sha256:"+ones,
		"plugins/plain@sha256:"+ones,
		"http://registry.acme.example/plugins/plain",
		"http://registry.platform.example/plugins/plain.wasm",
		"https://registry.platform.example/plugins/plain.wasm",
		"file:///opt/plugins/x.wasm", "FILE:///opt/plugins/x.wasm", "",
	)
	optional := func(key string, values ...any) {
		if v := values[d.throw(len(values))]; v != nil {
			spec[key] = v
		}
	}
	optional("sha256", nil, nil, nil, ones, twos, "sha256:"+ones, ones[:12], "")
	optional("phase", nil, "UNSPECIFIED_PHASE", "AUTHN", "AUTHZ", "STATS")
	optional("priority", nil, -5, 30, 40, 45, 60, 2147483647, 30000000000, -3000000000)
	optional("imagePullSecret", nil, nil, nil, nil, nil, nil, "platform", "")
	optional("pluginConfig", nil, nil, nil, nil, nil, nil, map[string]any{}, map[string]any{"_rules_": []any{}})
	if d.rarely() {
		delete(spec, "defaultConfigDisable")
	}
	switch d.throw(10) {
	case 1:
		spec["failStrategy"] = "FAIL_CLOSE"
	case 2:
		delete(spec, "failStrategy")
	}
	switch d.throw(8) {
	case 1:
		spec["defaultConfig"] = newConfig(d)
	case 2:
		spec["defaultConfig"] = map[string]any{"global_auth": false, "consumers": newConsumers(d)}
		delete(spec, "defaultConfigDisable")
	case 3:
		spec["defaultConfig"] = map[string]any{}
	}
	if env := newEnvironment(d); env != nil {
		spec["vmConfig"] = map[string]any{"env": env}
	}
	var rules []any
	for range 1 + d.throw(3) {
		rules = append(rules, newRule(d))
	}
	if !d.rarely() {
		spec["matchRules"] = rules
	}
	return spec
}

// newKeyAuth makes an authentication plugin of the platform.
func newKeyAuth(d *dice) map[string]any {
	names := []string{"acme.chat.engineers.alice", "acme.chat.engineers.bob", "eve", ""}
	consumer := func(name, credential int) map[string]any {
		return map[string]any{"name": names[(name+d.throw(4))%4], d.of("credential", "credential", "credentials"): d.of("a", "b", "c") + []string{"", "x"}[credential]}
	}
	first, second := consumer(0, 0), consumer(1, 1)
	for _, c := range []map[string]any{first, second} {
		if s, ok := c["credentials"].(string); ok {
			c["credentials"] = []any{s, d.of("d", "a", "bx")}
		}
	}
	config := map[string]any{"global_auth": d.throw(3) == 1, "keys": []any{"Authorization"}, "consumers": []any{first, second}[:2-d.throw(3)]}
	rule := map[string]any{"ingress": []any{"acme-chat/llm"}, "config": map[string]any{"allow": []any{"acme.chat.engineers.alice"}}}
	if d.throw(6) == 1 {
		rule["config"] = map[string]any{"consumers": []any{second}}
	}
	return map[string]any{
		"url":                  "oci://registry.platform.example/plugins/" + d.of("key-auth", "renamed") + "@sha256:" + strings.Repeat("5", 64),
		"phase":                "AUTHN",
		"defaultConfig":        config,
		"defaultConfigDisable": d.throw(5) == 1,
		"matchRules":           []any{rule}[:1-d.throw(2)],
	}
}

func newEnvironment(d *dice) []any {
	off := map[string]any{"name": "WASM_DISABLE_PANIC_RECOVERY", "value": "true"}
	switch d.throw(8) {
	case 1, 2:
		return []any{off}
	case 3:
		return []any{off, map[string]any{"name": "WASM_DISABLE_PANIC_RECOVERY", "value": d.of("true", "false", "1")}}
	case 4:
		return []any{map[string]any{"name": d.text("HOME", "ISTIO_META_X", "istio_meta_x"), "valueFrom": d.of("HOST", "INLINE", "")}}
	case 5:
		return []any{map[string]any{"name": "WASM_DISABLE_PANIC_RECOVERY", "valueFrom": "HOST", "value": "true"}}
	}
	return nil
}

func newRule(d *dice) map[string]any {
	rule := map[string]any{}
	var routes []any
	for range 1 + d.throw(2) {
		routes = append(routes, d.text("acme-chat/web", "acme-chat/web", "acme-chat/llm", "acme-chat/soon", "acme-corp-chat/web", "web", "GRPC/acme-data/api", "GRPC/web", "data/web"))
	}
	switch d.throw(10) {
	case 1:
		rule["ingress"] = []any{}
	case 2: // none
	default:
		rule["ingress"] = routes
	}
	switch d.throw(12) {
	case 1:
		rule["domain"] = []any{d.of("acme.example", "*")}
	case 2:
		rule["service"] = []any{d.of("llm-acme.dns", "x.static:80")}
	case 3:
		rule["domain"], rule["service"] = []any{}, []any{}
	}
	if d.rarely() {
		rule["configDisable"] = d.throw(2) == 0
	}
	if d.rarely() {
		rule["routeType"] = d.of("GRPC", "HTTP")
	}
	if d.throw(8) != 1 {
		rule["config"] = newConfig(d)
	}
	return rule
}

func newConsumers(d *dice) []any {
	out := []any{}
	for range d.throw(3) {
		consumer := map[string]any{}
		if name := d.text("acme.chat.engineers.alice", "acme.chat.engineers.bob", "acme-corp.chat.engineers.carol", "eve", ""); name != "" || d.rarely() {
			consumer["name"] = name
		}
		switch d.throw(4) {
		case 1:
			consumer["credentials"] = []any{d.of("b", "c", "c"), d.of("d", "a", "c")}
		case 2: // none
		default:
			consumer["credential"] = d.of("a", "e", "f", "g")
		}
		out = append(out, consumer)
	}
	return out
}

func newConfig(d *dice) map[string]any {
	config := map[string]any{"greeting": d.text("hello", "hello", "x-mse-consumer", "a, X-Tollgate-Project", "max-dev-x", "$ {x}", "${secret.acme-chat/k.v}", "${env.a.b}")}
	name := func() string {
		return d.text("acme:a", "acme/b", "acme.c", "acme:", "acme", "acme-corp:a", "acmeX:a", "", "other:a", "ACME:a")
	}
	consumer := func() string {
		return d.text("acme.chat.engineers.alice", "acme-corp.chat.engineers.carol", "acme", "acme.", "*", "", "eve")
	}
	for range 1 + d.throw(2) {
		switch d.throw(16) {
		case 1:
			config[d.of("rule_name", "ruleName")] = name()
		case 2:
			config[d.of("redis_key_prefix", "redisKeyPrefix")] = name()
		case 3:
			config["cache"] = map[string]any{"type": "redis", "cacheKeyPrefix": name()}
		case 4:
			config["cache"] = map[string]any{"type": "redis"}
		case 5:
			config["activeProviderId"] = name()
		case 6:
			config["providers"] = []any{map[string]any{"id": name(), "type": "openai"}, map[string]any{"type": "openai"}}[:1+d.throw(2)]
		case 7:
			config["admin_consumer"] = consumer()
		case 8:
			config["allow"] = []any{consumer(), d.of("acme.chat.engineers.alice", "10.0.0.0/8")}
		case 9:
			config["consumers"] = newConsumers(d)
		case 10:
			config["rule_items"] = []any{map[string]any{d.of("limit_by_consumer", "limit_by_per_consumer", "limit_by_header"): d.of("", "x-team"), "limit_keys": []any{map[string]any{"key": consumer()}}}}
		case 11:
			config["redis"] = map[string]any{d.of("service_name", "serviceName"): d.text("redis.acme-data.svc.cluster.local", "llm-acme.dns", "redis.static", "llm-corp.dns", "redis.acme-corp-chat.svc", "redis.data.svc")}
		case 12:
			config[d.of("_match_route_", "_rules_", "_plugin_id_", "_disable_")] = []any{"x"}
		case 13:
			config["deep"] = []any{map[string]any{d.text("_x", "y", "x-mse-consumer"): 1}}
		case 14:
			config["list"] = []any{d.text("a", "${secret.a/b.c}"), 1, true}
		case 15:
			config[d.text("k", "${a.b.c}")] = "v"
		}
	}
	return config
}
