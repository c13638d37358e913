# METADATA
# title: What the tests of policies about routes share
package tollgate.baseline.fixture_test

settings := {
	"gateway": {
		"namespace": "higress-system", "ingressClasses": ["higress"], "ingressControllers": ["higress.io/higress-controller"],
		"emptyClass": "Judge", "gatewayClasses": ["higress"], "controllers": ["higress.io/gateway-controller*"],
	},
	"unownedNamespaces": "Warn",
	"plugins": {"required": ["tollgate-auth", "tollgate-budget"], "identityHeaders": "tollgate-identity", "guards": []},
	"routes": {"annotations": ["timeout", "destination", "canary", "exact-match-header-*", "request-header-control-add"]},
}

namespace_owner := {"acme-chat": "acme", "acme-search": "acme", "globex-research": "globex"}

host_owner := {
	"acme.example": "acme", "www.acme.example": "acme", "re.acme.example": "acme", "new.acme.example": "acme", "*.acme.example": "acme", "xn--cme-8ta.example": "acme",
	"globex.example": "globex", "www.globex.example": "globex", "*.globex.example": "globex",
}

gateway := {
	"higress-system/shared": {"class": "higress", "higress": true, "listeners": [{"name": "all"}]},
	"acme-chat/own": {"class": "higress", "higress": true, "listeners": [
		{"name": "web", "hostname": "*.acme.example"},
		{"name": "re", "hostname": "re.acme.example"},
		{"name": "other", "hostname": "www.globex.example"},
	]},
	"mesh/istio": {"class": "istio", "higress": false, "listeners": [{"name": "all"}]},
}

mcp_service := {
	"llm-acme.internal.dns": {"owner": "acme"},
	"llm-globex.internal.dns": {"owner": "globex"},
	"redis.static": {"owner": ""},
}

subject(standing, namespace) := {
	"organization": object.get(namespace_owner, namespace, ""),
	"source": "namespace",
	"standing": standing,
	"inGateway": namespace == "higress-system",
	"unowned": owner_unknown(namespace),
	"terminating": false,
	"namespaceExists": true,
}

owner_unknown(namespace) if {
	not namespace_owner[namespace]
	not namespace in {"higress-system", ""}
} else := false

group := {
	"Ingress": "networking.k8s.io",
	"HTTPRoute": "gateway.networking.k8s.io", "GRPCRoute": "gateway.networking.k8s.io", "TLSRoute": "gateway.networking.k8s.io",
	"TCPRoute": "gateway.networking.k8s.io", "UDPRoute": "gateway.networking.k8s.io",
	"Gateway": "gateway.networking.k8s.io", "ListenerSet": "gateway.networking.k8s.io", "XListenerSet": "gateway.networking.x-k8s.io",
	"BackendTLSPolicy": "gateway.networking.k8s.io", "XBackendTrafficPolicy": "gateway.networking.x-k8s.io",
	"Project": "tollgate.dev", "Organization": "tollgate.dev", "PriceTable": "tollgate.dev", "AdmissionPolicy": "tollgate.dev",
	"WasmPlugin": "extensions.higress.io", "Secret": "", "Service": "", "Endpoints": "", "EndpointSlice": "discovery.k8s.io",
}

# member is the input of a member of acme who creates an object.
member(object_) := create(object_, "Member")

create(object_, standing) := {
	"review": {
		"operation": "CREATE",
		"kind": {"group": group[object_.kind], "version": "v1", "kind": object_.kind},
		"namespace": object.get(object_.metadata, "namespace", ""),
		"name": object.get(object_.metadata, "name", ""),
		"userInfo": {"username": "mallory@acme.example", "groups": ["acme"]},
		"object": object_,
		"oldObject": null,
	},
	"parameters": {},
	"subject": subject(standing, object.get(object_.metadata, "namespace", "")),
}

delete(object_, standing) := object.union(create(object_, standing), {"review": {"operation": "DELETE", "oldObject": object_}})

update(object_, old) := object.union(member(object_), {"review": {"operation": "UPDATE", "oldObject": old}})

ingress(spec) := annotated(spec, {})

annotated(spec, annotations) := {
	"kind": "Ingress",
	"metadata": {"name": "web", "namespace": "acme-chat", "annotations": annotations},
	"spec": object.union({"ingressClassName": "higress"}, spec),
}

# host is the spec of an Ingress with one host, path and Service.
host(name) := {"rules": [{"host": name, "http": {"paths": [service_path("/")]}}]}

service_path(path) := {"path": path, "pathType": "Prefix", "backend": {"service": {"name": "web", "port": {"number": 80}}}}

httproute(spec) := {
	"kind": "HTTPRoute",
	"metadata": {"name": "web", "namespace": "acme-chat"},
	"spec": object.union({"parentRefs": [{"name": "shared", "namespace": "higress-system"}]}, spec),
}

gateway_class := {"higress": {"higress": true}, "lobby": {"higress": true}, "istio": {"higress": false}}

gateway_object(listeners) := {
	"kind": "Gateway",
	"metadata": {"name": "own", "namespace": "acme-chat"},
	"spec": {"gatewayClassName": "higress", "listeners": listeners},
}

listener_set(parent, listeners) := {
	"kind": "ListenerSet",
	"metadata": {"name": "more", "namespace": "acme-chat"},
	"spec": {"parentRef": {"name": parent, "namespace": "higress-system"}, "listeners": listeners},
}

x_listener_set(parent, listeners) := object.union(listener_set(parent, listeners), {"kind": "XListenerSet"})

# nobodys is the input of somebody who creates an object in a namespace of no organization.
nobodys(object_) := create(in_namespace(object_, "shop"), "Stranger")

certificate_grants := {"acme-chat": {"globex-research": [{
	"fromGroup": "gateway.networking.k8s.io", "fromKind": "Gateway", "toGroup": "", "toKind": "Secret", "toName": "granted",
}]}}

in_namespace(object_, namespace) := object.union(object_, {"metadata": {"namespace": namespace}})

project(name, spec) := {
	"kind": "Project",
	"metadata": {"name": name, "namespace": "acme-chat"},
	"spec": object.union({"organization": "acme"}, spec),
}

organization := {"acme": {"priceTable": "default", "budget": "5000", "budgetPeriod": "Monthly"}, "globex": {"priceTable": "own", "budget": null, "budgetPeriod": null}}

secret(namespace, name) := {"kind": "Secret", "metadata": {"name": name, "namespace": namespace}}

fields(violations) := {v.details.field | some v in violations}
