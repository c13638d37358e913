# METADATA
# title: Who asks, and for whom
# description: >-
#   The subject organization and the standing of the requester (input.subject), in the words of policies. The scope of
#   a tenant binds its members, its delegates, strangers and, where nobody asks (an audit, a review without --as), every
#   object that is not the platform's own.
package tollgate.lib.subject

organization := input.subject.organization

# The platform's own objects: those of the gateway's namespace that bear no organization.
platform_object if {
	input.subject.inGateway == true
	input.subject.organization == ""
}

# scoped holds when the request must stay inside the subject organization.
scoped if input.subject.standing == "Member"

scoped if input.subject.standing == "Delegate"

scoped if input.subject.standing == "Stranger"

scoped if {
	input.subject.standing == "Nobody"
	not platform_object
}

# keeper holds for those who may change what belongs to the platform: admins, Tollgate's controller, the system's own
# accounts (garbage collection, namespace deletion). What stands in the cluster, when nobody asks, was let in by them.
keeper if input.subject.standing == "Admin"

keeper if input.subject.standing == "Controller"

keeper if input.subject.standing == "System"

keeper if {
	input.subject.standing == "Nobody"
	platform_object
}

# operator holds for keepers and for the Higress console.
operator if keeper

operator if input.subject.standing == "Console"

# own_namespace holds for the namespaces of the subject organization.
own_namespace(namespace) if {
	input.subject.organization != ""
	data.tollgate.namespace_owner[namespace] == input.subject.organization
}

# own_name holds for names that begin with the organization's name and a mark that no organization's name may hold:
# acme.chat, acme:cache, acme/limits. (acme-corp may be another organization.)
own_name(name) if {
	input.subject.organization != ""
	some mark in {".", ":", "/"}
	prefix := concat("", [input.subject.organization, mark])
	startswith(name, prefix)
	name != prefix
}
