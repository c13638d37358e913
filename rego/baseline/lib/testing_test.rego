# METADATA
# title: What tests of policies say often
# description: Requests by different people, and objects that pass. Only tests read this.
package tollgate.testing

parameters(id) := data.testing.parameters[id]

# ask is the input of a policy: what somebody does with an object. The subject organization is as Tollgate finds it: the
# label's in the gateway's namespace, the owner's of any other.
ask(id, standing, operation, object_) := {
	"review": review(operation, object_),
	"subject": subject(standing, object_),
	"parameters": parameters(id),
}

# update is ask for an UPDATE of one object into another.
update(id, standing, old, object_) := {
	"review": object.union(review("UPDATE", object_), {"oldObject": old}),
	"subject": subject(standing, old),
	"parameters": parameters(id),
}

review(operation, object_) := {
	"operation": operation,
	"kind": kind(object_),
	"namespace": object.get(object_.metadata, "namespace", ""),
	"name": object.get(object_.metadata, "name", ""),
	"object": object_,
	"oldObject": old(operation, object_),
}

old("DELETE", object_) := object_

old(operation, _) := null if operation != "DELETE"

kind(object_) := {"group": parts[0], "version": parts[1], "kind": object_.kind} if {
	parts := split(object_.apiVersion, "/")
	count(parts) == 2
}

kind(object_) := {"group": "", "version": object_.apiVersion, "kind": object_.kind} if not contains(object_.apiVersion, "/")

subject(standing, object_) := {
	"organization": organization(object_),
	"source": source(object_),
	"standing": standing,
	"inGateway": in_gateway(object_),
	"unowned": unowned(object_),
	"terminating": false,
	"namespaceExists": true,
}

organization(object_) := object.get(object_.metadata, ["labels", "tollgate.dev/organization"], "") if in_gateway(object_)

organization(object_) := object.get(data.tollgate.namespace_owner, object_.metadata.namespace, "") if not in_gateway(object_)

source(object_) := "namespace" if data.tollgate.namespace_owner[object_.metadata.namespace]

source(object_) := "label" if {
	in_gateway(object_)
	object_.metadata.labels["tollgate.dev/organization"]
}

source(object_) := "none" if {
	not data.tollgate.namespace_owner[object_.metadata.namespace]
	not object_.metadata.labels["tollgate.dev/organization"]
}

default in_gateway(_) := false

in_gateway(object_) if object_.metadata.namespace == data.tollgate.settings.gateway.namespace

default unowned(_) := false

unowned(object_) if {
	not in_gateway(object_)
	organization(object_) == ""
}

# fields are those of the violations.
fields(violations) := {violation.details.field | some violation in violations}

# changed is an object with JSON patches applied.
changed(object_, patches) := json.patch(object_, patches)

# with_spec is an object with members of its spec replaced.
with_spec(object_, spec) := object.union(object_, {"spec": spec})

# transformer is a plugin that an administrator lets tenants use, as acme may write it.
transformer := {
	"apiVersion": "extensions.higress.io/v1alpha1",
	"kind": "WasmPlugin",
	"metadata": {
		"name": "acme-transformer",
		"namespace": "higress-system",
		"labels": {"tollgate.dev/organization": "acme"},
	},
	"spec": {
		"url": "oci://registry.acme.example/plugins/transformer@sha256:1111111111111111111111111111111111111111111111111111111111111111",
		"failStrategy": "FAIL_OPEN",
		"defaultConfigDisable": true,
		"matchRules": [{"ingress": ["acme-chat/web"], "config": {"reqRules": []}}],
	},
}

# prompt is one that may run on metered routes too.
prompt := with_spec(transformer, {
	"url": "oci://registry.acme.example/plugins/prompt@sha256:2222222222222222222222222222222222222222222222222222222222222222",
	"priority": 150,
	"matchRules": [{"ingress": ["acme-chat/llm"], "config": {}}],
})

# guard is one of the platform's guards.
guard := {
	"apiVersion": "extensions.higress.io/v1alpha1",
	"kind": "WasmPlugin",
	"metadata": {"name": "tollgate-budget", "namespace": "higress-system"},
	"spec": {
		"url": "oci://higress-registry.cn-hangzhou.cr.aliyuncs.com/plugins/budget@sha256:3333333333333333333333333333333333333333333333333333333333333333",
		"failStrategy": "FAIL_CLOSE",
		"defaultConfigDisable": true,
		"vmConfig": {"env": [{"name": "WASM_DISABLE_PANIC_RECOVERY", "value": "true"}]},
		"matchRules": [{"ingress": ["acme-chat/llm"], "config": {"project": "acme.chat"}}],
	},
}

# key_auth is the guard that authenticates.
key_auth := {
	"apiVersion": "extensions.higress.io/v1alpha1",
	"kind": "WasmPlugin",
	"metadata": {"name": "tollgate-auth", "namespace": "higress-system"},
	"spec": {
		"url": "oci://higress-registry.cn-hangzhou.cr.aliyuncs.com/plugins/key-auth@sha256:4444444444444444444444444444444444444444444444444444444444444444",
		"phase": "AUTHN",
		"priority": 310,
		"vmConfig": {"env": [{"name": "WASM_DISABLE_PANIC_RECOVERY", "value": "true"}]},
		"defaultConfig": {
			"global_auth": false,
			"keys": ["Authorization"],
			"consumers": [
				{"name": "acme.chat.engineers.alice", "credential": "${secret.acme-chat/alice.key}"},
				{"name": "acme.chat.engineers.bob", "credentials": ["${secret.acme-chat/bob.key}"]},
			],
		},
		"matchRules": [{"ingress": ["acme-chat/llm"], "config": {"allow": ["acme.chat.engineers.alice"]}}],
	},
}

# bridge is the one McpBridge that counts.
bridge := {
	"apiVersion": "networking.higress.io/v1",
	"kind": "McpBridge",
	"metadata": {"name": "default", "namespace": "higress-system"},
	"spec": {"registries": [
		{"name": "llm-acme-oai", "type": "dns", "domain": "api.openai.com", "port": 443, "protocol": "https"},
		{"name": "redis", "type": "static", "domain": "10.0.0.7:6379,10.0.0.8:6379", "port": 80, "protocol": "tcp"},
	]},
}
