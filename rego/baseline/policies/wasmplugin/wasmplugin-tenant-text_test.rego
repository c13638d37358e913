package tollgate.baseline.wasmplugin_tenant_text_test

import data.tollgate.baseline.wasmplugin_tenant_text as policy
import data.tollgate.testing

test_plain_text_passes if {
	fields("Member", testing.transformer) == set()
	fields("Member", testing.changed(testing.transformer, [{"op": "add", "path": "/spec/matchRules/0/config/a", "value": "$ {x} {{y}} $5"}])) == set()
}

test_templates_anywhere if {
	every path, field in {
		"/spec/matchRules/0/config/a": "spec.matchRules[0].config.a",
		"/spec/pluginName": "spec.pluginName",
		"/metadata/annotations": "metadata.annotations",
		"/spec/vmConfig": "spec.vmConfig",
	} {
		fields("Member", testing.changed(testing.transformer, [{"op": "add", "path": path, "value": "x ${secret.a/b.c}"}])) == {field}
	}
}

test_template_in_a_key if fields("Member", testing.changed(testing.transformer, [{"op": "add", "path": "/spec/matchRules/0/config", "value": {"${a.b.c}": 1}}])) == {"spec.matchRules[0].config"}

test_what_the_server_writes_is_not_the_tenant_s if fields("Member", testing.changed(testing.transformer, [{"op": "add", "path": "/metadata/managedFields", "value": [{"fieldsV1": {"f:${x": {}}}]}])) == set()

test_reserved_keys if {
	fields("Member", testing.changed(testing.transformer, [{"op": "add", "path": "/spec/matchRules/0/config/_match_route_", "value": ["other/x"]}])) == {"spec.matchRules[0].config._match_route_"}
	fields("Member", testing.changed(testing.transformer, [{"op": "add", "path": "/spec/matchRules/0/config/deep", "value": [{"_x": 1}]}])) == {"spec.matchRules[0].config.deep[0]._x"}
	fields("Member", testing.changed(testing.transformer, [{"op": "add", "path": "/spec/defaultConfig", "value": {"_rules_": []}}])) == {"spec.defaultConfig._rules_"}
}

fields(standing, written) := found if {
	found := testing.fields(policy.violation) with input as testing.ask("wasmplugin-tenant-text", standing, "CREATE", written)
}
