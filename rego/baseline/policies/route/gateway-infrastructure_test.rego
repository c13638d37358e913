package tollgate.baseline.gateway_infrastructure_test

import data.tollgate.baseline.fixture_test as f
import data.tollgate.baseline.gateway_infrastructure

got(request) := f.fields(violations) if {
	violations := gateway_infrastructure.violation with input as object.union(request, {"parameters": data.testing.parameters["gateway-infrastructure"]})
		with data.tollgate.settings as f.settings
		with data.tollgate.namespace_owner as f.namespace_owner
		with data.tollgate.gateway as f.gateway
		with data.tollgate.gateway_class as f.gateway_class
}

listeners := [{"name": "web", "hostname": "www.acme.example", "port": 80, "protocol": "HTTP"}]

tls(options) := {"name": "tls", "hostname": "www.acme.example", "port": 443, "protocol": "HTTPS", "tls": {"certificateRefs": [{"name": "web-tls"}], "options": options}}

own(patch) := object.union(f.gateway_object(listeners), patch)

cases := {
	"plain": {"in": f.member(own({})), "want": set()},
	"an annotation of somebody else": {"in": f.member(own({"metadata": {"annotations": {"argocd.argoproj.io/tracking-id": "x"}}})), "want": set()},
	"the Service's name": {"in": f.member(own({"metadata": {"annotations": {"gateway.higress.io/name-override": "x"}}})), "want": {"metadata.annotations[gateway.higress.io/name-override]"}},
	"infrastructure": {"in": f.member(own({"spec": {"infrastructure": {"labels": {"a": "b"}}}})), "want": {"spec.infrastructure"}},
	"empty infrastructure": {"in": f.member(own({"spec": {"infrastructure": {}, "addresses": []}})), "want": set()},
	"addresses": {"in": f.member(own({"spec": {"addresses": [{"type": "Hostname", "value": "a.b.svc"}]}})), "want": {"spec.addresses"}},
	"a default Gateway": {"in": f.member(own({"spec": {"defaultScope": "All"}})), "want": {"spec.defaultScope"}},
	"no default Gateway": {"in": f.member(own({"spec": {"defaultScope": "None"}})), "want": set()},
	"a default Gateway in an unowned namespace": {"in": f.nobodys(own({"spec": {"defaultScope": "All"}})), "want": {"spec.defaultScope"}},
	"a ListenerSet": {"in": f.member(object.union(f.listener_set("shared", listeners), {"metadata": {"annotations": {"networking.higress.io/address-type": "x"}}})), "want": {"metadata.annotations[networking.higress.io/address-type]"}},
	"an XListenerSet": {"in": f.member(object.union(f.x_listener_set("shared", listeners), {"metadata": {"annotations": {"networking.higress.io/address-type": "x"}}})), "want": {"metadata.annotations[networking.higress.io/address-type]"}},
	"a TLS option": {"in": f.member(f.gateway_object([tls({"gateway.istio.io/tls-terminate-mode": "ISTIO_MUTUAL", "example.com/x": "y"})])), "want": {"spec.listeners[0].tls.options[gateway.istio.io/tls-terminate-mode]"}},
	"a TLS option of a ListenerSet": {"in": f.member(f.listener_set("shared", [tls({"gateway.higress.io/tls-terminate-mode": "MUTUAL"})])), "want": {"spec.listeners[0].tls.options[gateway.higress.io/tls-terminate-mode]"}},
	"a TLS option in an unowned namespace": {"in": f.nobodys(f.gateway_object([tls({"gateway.istio.io/tls-terminate-mode": "ISTIO_MUTUAL"})])), "want": {"spec.listeners[0].tls.options[gateway.istio.io/tls-terminate-mode]"}},
	"unowned namespace": {"in": f.nobodys(own({})), "want": set()},
	"unowned namespace, the Service's name": {"in": f.nobodys(own({"metadata": {"annotations": {"gateway.higress.io/name-override": "x"}}})), "want": {"metadata.annotations[gateway.higress.io/name-override]"}},
	"unowned namespace, parameters": {"in": f.nobodys(own({"spec": {"infrastructure": {"parametersRef": {"kind": "ConfigMap"}}}})), "want": {"spec.infrastructure"}},
	"unowned namespace of another controller": {"in": f.nobodys(own({"spec": {"gatewayClassName": "istio", "infrastructure": {"labels": {"a": "b"}}}})), "want": set()},
	"of another controller": {"in": f.member(own({"spec": {"gatewayClassName": "istio", "infrastructure": {"labels": {"a": "b"}}}})), "want": set()},
	"an admin": {"in": f.create(own({"spec": {"infrastructure": {"labels": {"a": "b"}}}}), "Admin"), "want": set()},
}

test_cases if {
	wrong := {name: got(c["in"]) | some name, c in cases; got(c["in"]) != c.want}
	print("wrong:", wrong)
	count({name | some name, c in cases; got(c["in"]) == c.want}) == count(cases)
}
