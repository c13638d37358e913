# METADATA
# title: What the gateway serves
# description: >-
#   Whether an object is the gateway's: an Ingress whose class is Higress's as configured, a route with a parent that is
#   a Gateway of Higress. Everything else is none of our business.
package tollgate.lib.gateway

settings := data.tollgate.settings.gateway

# judged holds when the object of the review, or the old one, is the gateway's.
judged if served(input.review.object)

# The old object of a create is null, which is no Ingress without a class.
judged if {
	is_object(input.review.oldObject)
	served(input.review.oldObject)
}

# The plain case first: this is asked for every Ingress of the cluster.
served(object_) if {
	input.review.kind.kind == "Ingress"
	object_.spec.ingressClassName in data.tollgate.settings.gateway.ingressClasses
}

served(object_) if {
	input.review.kind.kind == "Ingress"
	some class in classes(object_)
	higress_class(class)
}

served(object_) if {
	input.review.kind.kind in {"HTTPRoute", "GRPCRoute", "TLSRoute", "TCPRoute", "UDPRoute"}
	some ref in object_.spec.parentRefs
	higress_parent(ref)
}

# Which Gateways are default ones is said elsewhere, and later.
served(object_) if {
	input.review.kind.kind in {"HTTPRoute", "GRPCRoute", "TLSRoute", "TCPRoute", "UDPRoute"}
	default_gateways(object_)
}

# A ListenerSet was an XListenerSet of a group for experiments first, and is the same.
served(object_) if {
	input.review.kind.kind in {"ListenerSet", "XListenerSet"}
	higress_parent(object_.spec.parentRef)
}

served(object_) if {
	input.review.kind.kind == "Gateway"
	higress_gateway_class(object_.spec.gatewayClassName)
}

# default_gateways: the route is attached to every Gateway that is a default one.
default_gateways(object_) if {
	wanted := object_.spec.useDefaultGateways
	not wanted in {"", "None", null}
}

higress_parent(ref) if {
	is_gateway(ref)
	namespace := object.get(ref, "namespace", input.review.namespace)
	higress_gateway(concat("/", [namespace, ref.name]))
}

# A ListenerSet, say, may lead to Higress's Gateway. A Service of a mesh does not.
higress_parent(ref) if {
	not is_gateway(ref)
	not is_service(ref)
}

is_gateway(ref) if {
	object.get(ref, "group", "gateway.networking.k8s.io") == "gateway.networking.k8s.io"
	object.get(ref, "kind", "Gateway") == "Gateway"
}

is_service(ref) if {
	object.get(ref, "group", "gateway.networking.k8s.io") == ""
	ref.kind == "Service"
}

higress_gateway_class(class) if data.tollgate.gateway_class[class].higress == true

higress_gateway_class(class) if {
	not data.tollgate.gateway_class[class]
	class in settings.gatewayClasses
}

# classes are the field and the old annotation, either of which may be read; {""} when there is neither.
classes(object_) := found if {
	found := named_classes(object_)
	count(found) > 0
} else := {""}

named_classes(object_) := {class | class := object_.spec.ingressClassName} | {class | class := object_.metadata.annotations["kubernetes.io/ingress.class"]}

# Without a class it is the cluster's default class that counts, and where there is none, the settings.
higress_class("") if data.tollgate.classless_ingress == true

higress_class("") if {
	not data.tollgate.classless_ingress == false
	settings.emptyClass == "Judge"
}

higress_class(class) if {
	class != ""
	class in settings.ingressClasses
}

higress_class(class) if data.tollgate.ingress_class[class].controller in settings.ingressControllers

# A parent that is not known yet may become Higress's later, and the route would not be asked about again.
higress_gateway(name) if not data.tollgate.gateway[name]

higress_gateway(name) if data.tollgate.gateway[name].higress == true

# route_name is the name under which Higress knows a route: plugins are attached to it.
route_name(namespace, name) := name if namespace == settings.namespace

route_name(namespace, name) := concat("/", [namespace, name]) if namespace != settings.namespace
