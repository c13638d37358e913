# METADATA
# title: Routes under judgement
# description: >-
#   Routes and Gateways of the gateway that somebody writes whom a tenant's scope binds, their parents and the names under
#   which plugin rules know them.
package tollgate.lib.routes

import data.tollgate.lib.annotations
import data.tollgate.lib.gateway
import data.tollgate.lib.manifest
import data.tollgate.lib.scope
import data.tollgate.lib.subject

ingress if {
	input.review.kind.kind == "Ingress"
	subject.scoped
	gateway.served(input.review.object)
	scope.writes
}

# route: an HTTPRoute or a GRPCRoute.
route if {
	input.review.kind.kind in {"HTTPRoute", "GRPCRoute"}
	subject.scoped
	gateway.served(input.review.object)
	scope.writes
}

written if ingress

written if route

# listener: a Gateway, or a ListenerSet that adds listeners to one.
listener if {
	input.review.kind.kind in {"Gateway", "ListenerSet", "XListenerSet"}
	subject.scoped
	gateway.served(input.review.object)
	scope.writes
}

# raw: a route that takes connections as they are.
raw if {
	input.review.kind.kind in {"TLSRoute", "TCPRoute", "UDPRoute"}
	subject.scoped
	gateway.served(input.review.object)
	scope.writes
}

# placed: any object of the gateway that has a namespace.
placed if written

placed if listener

placed if raw

# listeners are those of a parent, as far as they are known.
listeners(parent) := [l |
	some l in data.tollgate.gateway[parent.key].listeners
	parent.section in {"", l.name}
]

# parents are the Gateways of the gateway that a route names. Nobody knows the listeners of the default ones.
parents := array.concat(
	[parent |
		some i, ref in input.review.object.spec.parentRefs
		gateway.higress_parent(ref)
		key := concat("/", [object.get(ref, "namespace", input.review.namespace), ref.name])
		parent := {"field": sprintf("spec.parentRefs[%d]", [i]), "key": key, "section": object.get(ref, "sectionName", "")}
	],
	[{"field": "spec.useDefaultGateways", "key": "", "section": ""} | gateway.default_gateways(input.review.object)],
)

# names are those under which plugin rules know the route.
# Source: Higress contract 2.6 (GenerateUniqueRouteName, generateRouteName).
names contains concat("", [prefix, base])

names contains concat("", [base, "-default"]) if {
	input.review.kind.kind == "Ingress"
	manifest.set(input.review.object.spec, "defaultBackend")
}

names contains concat("", [base, "-fallback"]) if {
	input.review.kind.kind == "Ingress"
	some suffix in ["default-backend", "custom-http-errors"]
	some annotation in annotations.by_suffix[suffix]
	annotation.value != ""
}

prefix := "GRPC/" if input.review.kind.kind == "GRPCRoute"

prefix := "" if input.review.kind.kind != "GRPCRoute"

base := gateway.route_name(input.review.namespace, input.review.object.metadata.name) if input.review.object.metadata.name != ""

# sharers are the other objects whose routes plugins know under the name: an
# Ingress and an HTTPRoute may have the same.
sharers(name) := [other |
	shared := data.tollgate.route[name]
	some other in object.get(shared, "objects", [shared])
	others(other)
]

# others: another object than the one under judgement.
others(other) if [other.kind, other.namespace, other.name] != [input.review.kind.kind, input.review.namespace, input.review.object.metadata.name]

# filters are the filters of an HTTPRoute or a GRPCRoute, of its rules and of
# their backends, with their fields.
filters := array.concat(
	[{"field": sprintf("spec.rules[%d].filters[%d]", [i, j]), "filter": filter} |
		some i, rule in input.review.object.spec.rules
		some j, filter in rule.filters
	],
	[{"field": sprintf("spec.rules[%d].backendRefs[%d].filters[%d]", [i, j, k]), "filter": filter} |
		some i, rule in input.review.object.spec.rules
		some j, backend in rule.backendRefs
		some k, filter in backend.filters
	],
)

# backends are the backends of an HTTPRoute or a GRPCRoute, and those to which
# its filters copy requests, with their fields.
backends := array.concat(
	[{"field": sprintf("spec.rules[%d].backendRefs[%d]", [i, j]), "ref": ref} |
		some i, rule in input.review.object.spec.rules
		some j, ref in rule.backendRefs
	],
	[{"field": concat("", [f.field, ".requestMirror.backendRef"]), "ref": f.filter.requestMirror.backendRef} |
		some f in filters
		manifest.set(f.filter.requestMirror, "backendRef")
	],
)

# acme_solver: a route that can do nothing but answer an ACME HTTP-01 challenge
# as cert-manager's solver does. The label alone proves nothing.
acme_solver if solves(input.review.object)

solves(object_) if {
	input.review.kind.kind == "Ingress"
	solver_label(object_)
	not manifest.set(object_.spec, "defaultBackend")
	count(manifest.list(object_.spec, "rules")) > 0
	every rule in object_.spec.rules {
		count(manifest.list(rule.http, "paths")) > 0
		every path in rule.http.paths {
			challenge(path.path)
			path.backend.service.port.number == 8089
			startswith(path.backend.service.name, "cm-acme-http-solver-")
		}
	}
}

solves(object_) if {
	input.review.kind.kind == "HTTPRoute"
	solver_label(object_)
	count(manifest.list(object_.spec, "hostnames")) > 0
	count(manifest.list(object_.spec, "rules")) > 0
	every rule in object_.spec.rules {
		count(manifest.list(rule, "filters")) == 0
		count(manifest.list(rule, "matches")) > 0
		every match in rule.matches {
			match.path.type == "Exact"
			challenge(match.path.value)
		}
		count(manifest.list(rule, "backendRefs")) > 0
		every ref in rule.backendRefs {
			object.get(ref, "group", "") == ""
			object.get(ref, "kind", "Service") == "Service"
			object.get(ref, "namespace", input.review.namespace) == input.review.namespace
			ref.port == 8089
			startswith(ref.name, "cm-acme-http-solver-")
		}
	}
}

solver_label(object_) if object_.metadata.labels["acme.cert-manager.io/http01-solver"] == "true"

challenge(path) if regex.match(`^/\.well-known/acme-challenge/[A-Za-z0-9_-]+$`, path)
