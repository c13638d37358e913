package tollgate.baseline.secret_in_use_test

import data.tollgate.baseline.fixture_test as f
import data.tollgate.baseline.secret_in_use

got(request) := f.fields(violations) if {
	violations := secret_in_use.violation with input as request
		with data.tollgate.settings as f.settings
		with data.tollgate.namespace_owner as f.namespace_owner
		with data.tollgate.secret_user as {
			"acme-chat/tls": ["Ingress acme-chat/web (TLS)"],
			"acme-chat/key": ["WasmPlugin higress-system/tollgate-proxy", "Ingress globex-research/x (TLS)"],
			"shop/tls": ["Ingress shop/web (TLS)"],
		}
}

deleted(name) := f.delete(f.secret("acme-chat", name), "Member")

cases := {
	"in use": {"in": deleted("tls"), "want": {""}},
	"in use, with all others": {"in": object.union(deleted("tls"), {"review": {"name": ""}}), "want": {""}},
	"not in use": {"in": deleted("other"), "want": set()},
	"by a stranger": {"in": f.delete(f.secret("acme-chat", "key"), "Stranger"), "want": {""}},
	"unowned namespace": {"in": f.delete(f.secret("shop", "tls"), "Stranger"), "want": set()},
	"a namespace that goes": {"in": object.union(deleted("tls"), {"subject": {"terminating": true}}), "want": set()},
	"garbage collection": {"in": f.delete(f.secret("acme-chat", "tls"), "System"), "want": set()},
	"an admin": {"in": f.delete(f.secret("acme-chat", "tls"), "Admin"), "want": set()},
}

messages(name) := {v.msg |
	some v in secret_in_use.violation with input as deleted(name)
		with data.tollgate.namespace_owner as f.namespace_owner
		with data.tollgate.secret_user as {
			"acme-chat/tls": ["Ingress acme-chat/web (TLS)"],
			"acme-chat/key": ["WasmPlugin higress-system/tollgate-proxy", "Ingress globex-research/x (TLS)"],
		}
}

test_message_names_own_users if messages("tls") == {"The gateway uses the Secret: Ingress acme-chat/web (TLS)."}

test_message_hides_others if messages("key") == {"The gateway uses the Secret: an object of the platform."}

test_cases if {
	wrong := {name: got(c["in"]) | some name, c in cases; got(c["in"]) != c.want}
	print("wrong:", wrong)
	count({name | some name, c in cases; got(c["in"]) == c.want}) == count(cases)
}
