package tollgate.baseline.wasmplugin_template_test

import data.tollgate.baseline.wasmplugin_template as policy
import data.tollgate.testing

config(text) := testing.changed(testing.guard, [{"op": "add", "path": "/spec/matchRules/0/config/key", "value": text}])

test_secrets_pass if {
	every text in ["${secret.acme-chat/oai.key}", "Bearer ${secret.oai.key}", "${geo-country}", "$x {a.b.c}", "${a.b}"] {
		fields("Controller", config(text)) == set()
	}
}

test_templates_that_cannot_be_resolved if {
	every text in ["${a.b.c}", "${Secret.a.b}", "${secret.a/b/c.d}", "x${secret.a.b}${env.x.y}", "${secret..x}"] {
		fields("Admin", config(text)) == {"spec.matchRules[0].config.key"}
	}
}

fields(standing, written) := found if {
	found := testing.fields(policy.violation) with input as testing.ask("wasmplugin-template", standing, "CREATE", written)
}
