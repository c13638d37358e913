# METADATA
# title: Who may serve a host
# description: >-
#   Envoy compares hosts byte by byte after lower-casing the request's. So a tenant writes them in the one form that is
#   compared: lower case, ASCII (xn-- for international names), no trailing dot, no port.
package tollgate.lib.hosts

import data.tollgate.lib.host
import data.tollgate.lib.scope

# every_host holds for what stands for every host of the gateway.
every_host(name) if name in {"", "*", "*."}

# own: the organization may serve all of the host.
own(name) if {
	input.subject.organization != ""
	host.valid(name)
	data.tollgate.host_owner[name] == input.subject.organization
}

# refusal says why the object may not serve a host; undefined if it may. In a
# namespace of no organization a host is refused only if some organization's.
refusal(name) := message if {
	scope.tenant
	message := beyond(name)
}

refusal(name) := message if {
	scope.ownerless
	data.tollgate.host_owner[host.normal(name)]
	message := sprintf("The host %q belongs to an organization, and this namespace does not.", [name])
}

# A wildcard that nobody owns as a whole may cover hosts that somebody does.
refusal(name) := message if {
	scope.ownerless
	startswith(host.normal(name), "*.")
	not data.tollgate.host_owner[host.normal(name)]
	data.tollgate.domain_claims[host.normal(name)]
	message := sprintf("The host %q covers hosts of an organization, and this namespace belongs to none.", [name])
}

beyond(name) := sprintf("Without a host of its own it would answer for every host of the gateway, and organization %q has only its domains.", [input.subject.organization]) if {
	every_host(name)
} else := sprintf("The host %q is not in the form that the gateway compares; write %q.", [name, host.normal(name)]) if {
	host.normal(name) != name
	host.valid(host.normal(name))
} else := sprintf("%q is not a host name in lower-case ASCII without a port; an international name is written in its xn-- form.", [name]) if {
	not host.valid(name)
} else := sprintf("The host %q is not inside the domains of organization %q.", [name, input.subject.organization]) if {
	not own(name)
}
