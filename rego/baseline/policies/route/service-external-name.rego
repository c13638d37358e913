# METADATA
# title: A Service is no other name for what is not the organization's
# description: >-
#   A route may lead to any Service of its organization, and one of type ExternalName is another name for any host: the
#   gateway's own machine with its administration ports, a Service of another organization, another's provider. A Service in a
#   namespace of no organization takes the consent that a route would need: a ReferenceGrant there, for the routes of this
#   namespace. What the name resolves to later nobody can see here. Nobody but the gateway's own people has a use for the first, so it is refused in
#   namespaces of no organization too.
# custom:
#   id: service-external-name
#   severity: High
#   remedy: Name a host outside of the cluster and its cloud (with a dot at its end, where it is taken for a Pod's), or a Service of the organization's own namespaces.
#   referential: true
#   match:
#     kinds: [{apiGroups: [""], kinds: [Service]}]
#   parameters:
#     # Names, with all below them, that lead to the gateway's own machine, or to any address that their first part says.
#     machine: [localhost, localhost4, localhost6, ip6-localhost, ip6-loopback, localdomain, nip.io, sslip.io, xip.io, localtest.me, lvh.me, vcap.me, lacolhost.com, rbndr.us, 1u.ms]
#     # Those that lead to its host or its cloud.
#     cloud: [host.docker.internal, gateway.docker.internal, host.containers.internal, host.minikube.internal, metadata, metadata.google.internal, metadata.goog, metadata.azure.internal, metadata.azure.com, metadata.tencentyun.com, metadata.platformequinix.com, metadata.packet.net, instance-data, instance-data.ec2.internal, rancher-metadata]
#     # Namespaces, besides the gateway's and those of other organizations, whose Services may not be named.
#     namespaces: [kube-system, kube-public, kube-node-lease, tollgate-system]
#     # Networks of Pods, Services and nodes: whose an address of them is nobody can see. Empty where members may name all.
#     inside: [10.0.0.0/8, 100.64.0.0/10, 172.16.0.0/12, 192.168.0.0/16]
#     # Namespaces of no organization whose Services all organizations may name, besides those that a ReferenceGrant allows.
#     shared: []
#     # Services, as <name>.<namespace>.
#     services: [kubernetes.default]
package tollgate.baseline.service_external_name

import data.tollgate.lib.address
import data.tollgate.lib.scope
import data.tollgate.lib.subject

violation contains {"msg": msg, "details": {"field": "spec.externalName"}} if {
	judged
	subject.scoped
	why := machine
	msg := sprintf("%q %s.", [input.review.object.spec.externalName, why])
}

violation contains {"msg": msg, "details": {"field": "spec.externalName"}} if {
	judged
	scope.tenant
	not machine
	some why in anothers
	msg := sprintf("%q %s.", [input.review.object.spec.externalName, why])
}

judged if {
	input.review.kind.kind == "Service"
	input.review.object.spec.type == "ExternalName"
	scope.writes
}

name := address.host(input.review.object.spec.externalName)

machine := "is no address in a plain form" if {
	not address.plain(name)
} else := why if {
	why := address.forbidden(name)
} else := "leads to the gateway's own machine, or to any address that it holds" if {
	below(input.parameters.machine)
}

below(names) if {
	some one in names
	endswith(concat("", [".", name]), concat("", [".", one]))
}

anothers contains "leads to the gateway's host or its cloud" if below(input.parameters.cloud)

anothers contains "may be the address of anybody's Pod, Service or node" if {
	address.ipv4(name)
	some network in input.parameters.inside
	net.cidr_contains(network, name)
}

anothers contains "is a Service of another organization's namespace" if {
	some namespace in namespaces
	data.tollgate.namespace_owner[namespace] != input.subject.organization
}

anothers contains "is a Service of the platform's" if {
	some namespace in namespaces
	namespace in ({data.tollgate.settings.gateway.namespace} | {n | some n in input.parameters.namespaces})
}

anothers contains "is a Service of a namespace that is not the organization's, and no ReferenceGrant there allows it" if {
	some namespace in namespaces
	inside(namespace)
	not data.tollgate.namespace_owner[namespace]
	not namespace in input.parameters.shared
	not granted(namespace)
}

# inside: a name with svc or pod in its place is always completed to one of the cluster, a shorter one if there is such a namespace.
inside(namespace) if contains(concat("", [name, "."]), sprintf(".%s.svc.", [namespace]))

inside(namespace) if contains(concat("", [name, "."]), sprintf(".%s.pod.", [namespace]))

inside(namespace) if data.tollgate.namespace[namespace]

granted(namespace) if {
	some grant in data.tollgate.granted[input.review.namespace][namespace]
	grant.fromGroup == "gateway.networking.k8s.io"
	grant.fromKind in {"HTTPRoute", "GRPCRoute"}
	grant.toGroup == ""
	grant.toKind == "Service"
	grants(grant.toName, namespace)
}

grants("", _)

grants(service, namespace) if contains(sprintf(".%s.", [name]), sprintf(".%s.%s.", [service, namespace]))

# The gateway's resolver completes a name of one part by its own namespace.
anothers contains "is a Service of the gateway's namespace, by which a name without a dot is completed" if {
	address.name(name)
	not contains(name, ".")
}

# And one of two parts to that of a Pod behind a Service there, unless the second is a namespace.
anothers contains "may be completed to the name of a Pod in the gateway's namespace; a dot at its end says that it is whole" if {
	parts := split(incomplete, ".")
	count(parts) == 2
	not data.tollgate.namespace_owner[parts[1]]
	not data.tollgate.namespace[parts[1]]
	not parts[1] in input.parameters.shared
	not granted(parts[1])
	not data.tollgate.mcp_service[name]
}

anothers contains "is a Service of the cluster itself" if {
	some service in input.parameters.services
	startswith(concat("", [name, ".svc"]), concat("", [service, ".svc"]))
}

anothers contains "is a service of the McpBridge that is not the organization's" if {
	data.tollgate.mcp_service[name].owner != input.subject.organization
}

namespaces := address.namespaces(name) | pods

# pods: a name of three parts is completed to that of a Pod behind a Service (<pod>.<service>.<namespace>).
pods contains parts[2] if {
	parts := split(incomplete, ".")
	count(parts) == 3
}

# incomplete: without a dot at its end a resolver takes a name for the beginning of one.
incomplete := name if {
	address.name(name)
	not endswith(input.review.object.spec.externalName, ".")
}
