package tollgate.baseline.secret_in_use_warned_test

import data.tollgate.baseline.fixture_test as f
import data.tollgate.baseline.secret_in_use_warned

got(request) := f.fields(violations) if {
	violations := secret_in_use_warned.violation with input as request
		with data.tollgate.settings as f.settings
		with data.tollgate.namespace_owner as f.namespace_owner
		with data.tollgate.secret_user as {
			"acme-chat/tls": ["Ingress acme-chat/web (TLS)"],
			"acme-chat/key": ["WasmPlugin higress-system/tollgate-proxy", "Ingress globex-research/x (TLS)"],
			"shop/tls": ["Ingress shop/web (TLS)"],
		}
}

cases := {
	"an admin": {"in": f.delete(f.secret("acme-chat", "tls"), "Admin"), "want": {""}},
	"an admin, not in use": {"in": f.delete(f.secret("acme-chat", "x"), "Admin"), "want": set()},
	"an admin, unowned namespace": {"in": f.delete(f.secret("shop", "tls"), "Admin"), "want": set()},
	"a member": {"in": f.delete(f.secret("acme-chat", "tls"), "Member"), "want": set()},
	"garbage collection": {"in": f.delete(f.secret("acme-chat", "tls"), "System"), "want": set()},
}

test_cases if {
	wrong := {name: got(c["in"]) | some name, c in cases; got(c["in"]) != c.want}
	print("wrong:", wrong)
	count({name | some name, c in cases; got(c["in"]) == c.want}) == count(cases)
}
