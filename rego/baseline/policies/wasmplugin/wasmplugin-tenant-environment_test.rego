package tollgate.baseline.wasmplugin_tenant_environment_test

import data.tollgate.baseline.wasmplugin_tenant_environment as policy
import data.tollgate.testing

test_inline_passes if fields("Member", testing.changed(testing.transformer, [{"op": "add", "path": "/spec/vmConfig", "value": {"env": [{"name": "A", "value": "1"}, {"name": "B", "value": "2", "valueFrom": "INLINE"}]}}])) == set()

test_host if fields("Member", testing.changed(testing.transformer, [{"op": "add", "path": "/spec/vmConfig", "value": {"env": [{"name": "A", "value": "1"}, {"name": "B", "valueFrom": "HOST"}]}}])) == {"spec.vmConfig.env[1].valueFrom"}

test_pull_secret if {
	fields("Member", testing.changed(testing.transformer, [{"op": "add", "path": "/spec/imagePullSecret", "value": "platform"}])) == {"spec.imagePullSecret"}
	fields("Member", testing.changed(testing.transformer, [{"op": "add", "path": "/spec/imagePullSecret", "value": ""}])) == set()
}

fields(standing, written) := found if {
	found := testing.fields(policy.violation) with input as testing.ask("wasmplugin-tenant-environment", standing, "CREATE", written)
}
