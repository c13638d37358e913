package tollgate.baseline.secret_text_test

import data.tollgate.baseline.fixture_test as f
import data.tollgate.baseline.secret_text

got(request) := f.fields(violations) if {
	violations := secret_text.violation with input as request
		with data.tollgate.settings as f.settings
		with data.tollgate.namespace_owner as f.namespace_owner
		with data.tollgate.secret_user as {
			"acme-chat/key": ["WasmPlugin higress-system/tollgate-proxy"],
			"acme-chat/bridge": ["McpBridge higress-system/default"],
			"acme-chat/header": ["Ingress acme-chat/web"],
			"acme-chat/http": ["HTTPRoute acme-chat/web"],
			"acme-chat/grpc": ["GRPCRoute acme-chat/web", "WasmPlugin higress-system/acme-x"],
			"acme-chat/listener": ["Gateway acme-chat/own (TLS)"],
			"acme-chat/tls": ["Ingress acme-chat/web (TLS)"],
			"acme-chat/pull": ["WasmPlugin higress-system/acme-x (image)"],
			"shop/key": ["WasmPlugin higress-system/banner"],
		}
}

secret(name, value) := object.union(f.secret("acme-chat", name), {"data": {"key": base64.encode(value)}})

cases := {
	"a key": {"in": f.member(secret("key", "sk-proj_AbC.123+/=")), "want": set()},
	"a quote": {"in": f.member(secret("key", `x"},{"name":"mallory`)), "want": {"data.key"}},
	"a backslash": {"in": f.member(secret("key", `x\`)), "want": {"data.key"}},
	"a newline at the end": {"in": f.member(secret("key", "x\n")), "want": {"data.key"}},
	"a newline inside": {"in": f.member(secret("key", "x\ny")), "want": {"data.key"}},
	"a template": {"in": f.member(secret("key", "${secret.globex-research/llm.key}")), "want": {"data.key"}},
	"plain text of a manifest": {"in": f.member(object.union(f.secret("acme-chat", "bridge"), {"stringData": {"password": `a"b`}})), "want": {"stringData.password"}},
	"pasted by an HTTPRoute": {"in": f.member(secret("http", `x","exact":"`)), "want": {"data.key"}},
	"pasted by a GRPCRoute": {"in": f.member(secret("grpc", "x\ny")), "want": {"data.key"}},
	"read by a listener": {"in": f.member(secret("listener", "x\ny")), "want": set()},
	"a format in a route": {"in": f.member(secret("header", "%ENVIRONMENT(HOME)%")), "want": {"data.key"}},
	"a percent sign in a route": {"in": f.member(secret("grpc", "50% off")), "want": {"data.key"}},
	"a percent sign in a route, doubled": {"in": f.member(secret("http", "50%% off")), "want": set()},
	"a percent sign in a plugin": {"in": f.member(secret("key", "50% off")), "want": set()},
	"pasted by an Ingress": {"in": f.member(secret("header", `x","exact":"`)), "want": {"data.key"}},
	"updated": {"in": object.union(f.update(secret("key", "x\n"), secret("key", "x")), {}), "want": {"data.key"}},
	"a certificate": {"in": f.member(secret("tls", "-----BEGIN\n")), "want": set()},
	"an image's credential": {"in": f.member(secret("pull", `{"auths":{}}`)), "want": set()},
	"a Secret that nobody pastes": {"in": f.member(secret("other", `{"a":1}`)), "want": set()},
	"an admin": {"in": f.create(secret("key", "x\n"), "Admin"), "want": {"data.key"}},
	"Kubernetes itself": {"in": f.create(secret("key", "x\n"), "System"), "want": set()},
	"a namespace of nobody": {"in": f.create(object.union(secret("key", "x\n"), {"metadata": {"namespace": "shop"}}), "Stranger"), "want": set()},
}

test_cases if {
	wrong := {name: got(c["in"]) | some name, c in cases; got(c["in"]) != c.want}
	print("wrong:", wrong)
	count({name | some name, c in cases; got(c["in"]) == c.want}) == count(cases)
}

# No message and no field may hold a value.
test_values_stay_where_they_are if {
	violations := secret_text.violation with input as f.member(secret("key", "hunter2\n"))
		with data.tollgate.namespace_owner as f.namespace_owner
		with data.tollgate.secret_user as {"acme-chat/key": ["WasmPlugin higress-system/tollgate-proxy"]}
	count(violations) == 1
	not contains(json.marshal(violations), "hunter2")
}
