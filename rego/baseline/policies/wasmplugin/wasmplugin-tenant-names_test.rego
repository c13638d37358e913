package tollgate.baseline.wasmplugin_tenant_names_test

import data.tollgate.baseline.wasmplugin_tenant_names as policy
import data.tollgate.testing

rule(config) := testing.changed(testing.transformer, [{"op": "add", "path": "/spec/matchRules/0/config", "value": config}])

named(name, config) := testing.changed(rule(config), [{"op": "add", "path": "/spec/url", "value": concat("", ["registry.example/", name, ":1"])}])

test_own_names_pass if {
	every config in [
		{},
		{"rule_name": "acme/limits"},
		{"redis_key_prefix": "acme:quota:", "admin_consumer": "acme.chat.engineers.alice"},
		{"cache": {"cacheKeyPrefix": "acme.cache:"}},
		{"providers": [{"id": "acme:oai"}], "activeProviderId": "acme:oai"},
		{"consumers": [{"name": "acme.chat.engineers.alice"}]},
		{"allow": ["acme.chat.engineers.alice"]},
		{"rule_items": [{"limit_by_consumer": "", "limit_keys": [{"key": "acme.chat.engineers.alice"}]}]},
		{"rule_items": [{"limit_by_per_consumer": "", "limit_keys": [{"key": "*"}]}]},
		{"rule_items": [{"limit_by_header": "x-team", "limit_keys": [{"key": "anything"}]}]},
	] {
		fields("Member", rule(config)) == set()
	}
}

test_names_that_are_not_ours if {
	every field, config in {
		"rule_name": {"rule_name": "other:limits"},
		"ruleName": {"ruleName": "acme"},
		"redis_key_prefix": {"redis_key_prefix": "acme-corp:quota:"},
		"redis.keyPrefix": {"redis": {"keyPrefix": ""}},
		"cache.cacheKeyPrefix": {"cache": {"cacheKeyPrefix": "acme:"}},
		"activeProviderId": {"activeProviderId": "other:oai"},
		"providers[1].id": {"providers": [{"id": "acme:a"}, {"id": "other:oai"}]},
		"provider.id": {"provider": {"id": 7}},
		"providers[0].id": {"providers": [{"type": "openai"}]},
		"admin_consumer": {"admin_consumer": "other.chat.engineers.eve"},
		"consumers[0].name": {"consumers": [{"name": "eve"}]},
		"consumers[0]": {"consumers": ["acme.chat"]},
		"allow[0]": {"allow": ["other.chat.engineers.eve"]},
		"rule_items[0].limit_keys[0].key": {"rule_items": [{"limit_by_consumer": "", "limit_keys": [{"key": "other.chat.engineers.eve"}]}]},
	} {
		fields("Member", rule(config)) == {concat("", ["spec.matchRules[0].config.", field])}
	}
}

test_identity_headers if {
	fields("Member", rule({"reqRules": [{"headers": [{"key": "X-Mse-Consumer"}]}]})) == {"spec.matchRules[0].config.reqRules[0].headers[0].key"}
	fields("Member", rule({"add": {"x-dev-user": "bob"}})) == {"spec.matchRules[0].config.add"}
	fields("Member", rule({"remove": "x-a, X-TOLLGATE-Project"})) == {"spec.matchRules[0].config.remove"}
	fields("Member", rule({"headerName": "max-mse-x", "b": "foox-dev-"})) == set()
}

test_defaults_that_everyone_shares if {
	fields("Member", named("ai-cache", {"cache": {"type": "redis"}})) == {"spec.matchRules[0].config.cache.cacheKeyPrefix"}
	fields("Member", named("ai-quota", {})) == {"spec.matchRules[0].config.redis_key_prefix"}
	fields("Member", named("ai-quota", {"redis_key_prefix": "acme:q:"})) == set()
}

test_addresses_are_no_consumers if {
	fields("Member", named("ip-restriction", {"allow": ["10.0.0.0/8"]})) == set()
	fields("Member", rule({"allow": ["10.0.0.0/8"]})) == {"spec.matchRules[0].config.allow[0]"}
}

test_disabled_rules_count if fields("Member", testing.changed(rule({"rule_name": "x"}), [{"op": "add", "path": "/spec/matchRules/0/configDisable", "value": true}])) == {"spec.matchRules[0].config.rule_name"}

fields(standing, written) := found if {
	found := testing.fields(policy.violation) with input as testing.ask("wasmplugin-tenant-names", standing, "CREATE", written)
}
