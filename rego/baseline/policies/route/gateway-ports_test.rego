package tollgate.baseline.gateway_ports_test

import data.tollgate.baseline.fixture_test as f
import data.tollgate.baseline.gateway_ports

got(request) := f.fields(violations) if {
	violations := gateway_ports.violation with input as object.union(request, {"parameters": data.testing.parameters["gateway-ports"]})
		with data.tollgate.settings as f.settings
		with data.tollgate.namespace_owner as f.namespace_owner
		with data.tollgate.gateway as f.gateway
		with data.tollgate.gateway_class as f.gateway_class
}

listening(port, protocol, tls) := [{"name": "web", "hostname": "www.acme.example", "port": port, "protocol": protocol, "tls": tls}]

field := {"spec.listeners[0].port"}

cases := {
	"HTTP": {"in": f.member(f.gateway_object(listening(80, "HTTP", {}))), "want": set()},
	"HTTPS": {"in": f.member(f.gateway_object(listening(443, "HTTPS", {"mode": "Terminate"}))), "want": set()},
	"HTTPS where HTTP is": {"in": f.member(f.gateway_object(listening(80, "HTTPS", {}))), "want": field},
	"the gateway's own port": {"in": f.member(f.gateway_object(listening(15021, "HTTP", {}))), "want": field},
	"TCP": {"in": f.member(f.gateway_object(listening(6379, "TCP", {}))), "want": field},
	"passed through": {"in": f.member(f.gateway_object(listening(443, "HTTPS", {"mode": "Passthrough"}))), "want": {"spec.listeners[0].tls.mode"}},
	"a ListenerSet": {"in": f.member(f.listener_set("shared", listening(8080, "HTTP", {}))), "want": field},
	"an XListenerSet": {"in": f.member(f.x_listener_set("shared", listening(8080, "HTTP", {}))), "want": field},
	"unowned namespace": {"in": f.nobodys(f.gateway_object(listening(443, "HTTPS", {}))), "want": set()},
	"unowned namespace, the gateway's own port": {"in": f.nobodys(f.gateway_object(listening(15021, "HTTP", {}))), "want": field},
	"unowned namespace, passed through": {"in": f.nobodys(f.gateway_object(listening(443, "TLS", {"mode": "Passthrough"}))), "want": (field | {"spec.listeners[0].tls.mode"})},
	"unowned namespace of another controller": {"in": f.nobodys(object.union(f.gateway_object(listening(15021, "HTTP", {})), {"spec": {"gatewayClassName": "istio"}})), "want": set()},
	"an admin": {"in": f.create(f.gateway_object(listening(8080, "HTTP", {})), "Admin"), "want": set()},
}

test_cases if {
	wrong := {name: got(c["in"]) | some name, c in cases; got(c["in"]) != c.want}
	print("wrong:", wrong)
	count({name | some name, c in cases; got(c["in"]) == c.want}) == count(cases)
}
