package tollgate.baseline.wasmplugin_auth_duplicates_test

import data.tollgate.baseline.wasmplugin_auth_duplicates as policy
import data.tollgate.testing

consumer(value) := testing.changed(testing.key_auth, [{"op": "add", "path": "/spec/defaultConfig/consumers/-", "value": value}])

test_distinct_pass if {
	fields("Controller", testing.key_auth) == set()
	fields("Controller", consumer({"name": "c", "credentials": ["x", "y"]})) == set()
	fields("Admin", testing.guard) == set()
}

test_duplicate_credentials if {
	fields("Admin", consumer({"name": "c", "credential": "${secret.acme-chat/alice.key}"})) == {"spec.defaultConfig.consumers[2].credential"}
	fields("Admin", consumer({"name": "c", "credentials": ["x", "${secret.acme-chat/bob.key}"]})) == {"spec.defaultConfig.consumers[2].credentials[1]"}
	fields("Admin", consumer({"name": "c", "credentials": ["x", "x"]})) == {"spec.defaultConfig.consumers[2].credentials[1]"}
	fields("Admin", testing.changed(testing.key_auth, [{"op": "add", "path": "/spec/defaultConfig/credentials", "value": ["x", "x"]}])) == {"spec.defaultConfig.credentials[1]"}
}

test_no_credential_is_told if {
	violations := policy.violation with input as testing.ask("wasmplugin-auth-duplicates", "Admin", "CREATE", consumer({"name": "c", "credentials": ["hunter2", "hunter2"]}))
	count(violations) == 1
	every violation in violations {
		not contains(json.marshal(violation), "hunter2")
	}
}

test_duplicate_names if fields("Admin", consumer({"name": "acme.chat.engineers.bob", "credential": "z"})) == {"spec.defaultConfig.consumers[2].name"}

test_no_name if {
	every name in ["", " ", 7, null] {
		fields("Admin", consumer({"name": name, "credential": "z"})) == {"spec.defaultConfig.consumers[2].name"}
	}
}

test_no_credential if {
	fields("Admin", consumer({"name": "c"})) == {"spec.defaultConfig.consumers[2]"}
	fields("Admin", consumer({"name": "c", "credential": ""})) == {"spec.defaultConfig.consumers[2]"}
}

test_consumers_of_a_rule if fields("Admin", testing.changed(testing.key_auth, [{"op": "add", "path": "/spec/matchRules/0/config/consumers", "value": [
	{"name": "c", "credential": "x"},
	{"name": "d", "credential": "x"},
]}])) == {"spec.matchRules[0].config.consumers[1].credential"}

fields(standing, written) := found if {
	found := testing.fields(policy.violation) with input as testing.ask("wasmplugin-auth-duplicates", standing, "CREATE", written)
}
