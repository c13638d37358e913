# METADATA
# title: Endpoints written by hand lead where the organization may
# description: >-
#   A Service without a selector leads to the addresses that somebody writes into its EndpointSlice or Endpoints: a Pod of
#   another tenant, a node, a cloud's metadata service, past every NetworkPolicy that lets the gateway in (CVE-2021-25740).
#   kube-apiserver itself refuses loopback and link-local addresses, and its role edit does not hold the right to write
#   endpoints. Where it was given all the same, an administrator lists in the parameter allowed which networks members may
#   name; as long as the list is empty only what is never a backend is refused, because operators of databases write
#   endpoints of their own.
# custom:
#   id: endpoints-addresses
#   severity: High
#   remedy: Let a selector choose the Pods, name a host outside by a Service of type ExternalName, or ask a platform administrator to allow the network.
#   onError: Allow
#   match:
#     kinds:
#       - {apiGroups: [discovery.k8s.io], kinds: [EndpointSlice]}
#       - {apiGroups: [""], kinds: [Endpoints]}
#   parameters:
#     # Networks (CIDR) that members and delegates may name; all of them when there is none.
#     allowed: []
package tollgate.baseline.endpoints_addresses

import data.tollgate.lib.address
import data.tollgate.lib.manifest
import data.tollgate.lib.scope

# The first ones are enough to say what is wrong; an EndpointSlice may hold a thousand.
violation contains {"msg": msg, "details": {"field": one.field}} if {
	judged
	some one in array.slice(wrong, 0, 10)
	msg := sprintf("%q %s.", [one.address, one.why])
}

judged if {
	input.review.kind.kind in {"EndpointSlice", "Endpoints"}
	scope.tenant
	leads(input.review.object) != leads(input.review.oldObject)
}

# leads is what says where requests go. Owners, finalizers and the annotations of leader elections do not.
leads(object_) := [
	object.get(object_, "endpoints", []),
	object.get(object_, "subsets", []),
	object.get(object_, ["metadata", "labels", "kubernetes.io/service-name"], ""),
] if is_object(object_)

leads(object_) := null if not is_object(object_)

wrong := [{"field": one.field, "address": one.address, "why": why} |
	some one in addresses
	why := problem(lower(one.address))
]

addresses := array.concat(
	[{"field": sprintf("endpoints[%d].addresses[%d]", [i, j]), "address": address_} |
		some i, endpoint in manifest.list(input.review.object, "endpoints")
		some j, address_ in manifest.list(endpoint, "addresses")
	],
	[{"field": sprintf("subsets[%d].%s[%d].ip", [i, list, j]), "address": address_.ip} |
		some i, subset in manifest.list(input.review.object, "subsets")
		some list in ["addresses", "notReadyAddresses"]
		some j, address_ in manifest.list(subset, list)
	],
)

problem(address_) := "is no address in a plain form" if {
	not address.ipv4(address_)
	not address.ipv6(address_)
} else := why if {
	why := address.forbidden(address_)
} else := "lies in no network that an administrator allows" if {
	input.subject.standing != "Stranger"
	count(input.parameters.allowed) > 0
	not allowed(address_)
}

allowed(address_) if {
	some network in input.parameters.allowed
	net.cidr_is_valid(network)
	net.cidr_contains(network, address_)
}
