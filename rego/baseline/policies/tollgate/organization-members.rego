# METADATA
# title: Nobody changes the organization they belong to
# description: >-
#   An Organization says what its people may do. Who may write it at all is RBAC's to say; but its own members, their
#   service accounts and those who act for them would be giving rights to themselves.
# custom:
#   id: organization-members
#   severity: Critical
#   remedy: Ask a platform administrator to make the change.
#   match:
#     kinds: [{apiGroups: [tollgate.dev], kinds: [Organization]}]
#     operations: [CREATE, UPDATE, DELETE]
package tollgate.baseline.organization_members

import data.tollgate.lib.scope
import data.tollgate.lib.subject

violation contains {"msg": msg, "details": {"field": ""}} if {
	input.review.kind.kind == "Organization"
	not subject.operator
	asks
	some organization in [input.review.object, input.review.oldObject]
	listed(organization)
	msg := "You belong to the organization, or act for it, and so cannot change it."
}

violation contains {"msg": msg, "details": {"field": ""}} if {
	input.review.kind.kind == "Organization"
	not subject.operator
	asks
	data.tollgate.namespace_owner[service_account[0]]
	msg := "A service account in a tenant's namespace cannot change organizations."
}

asks if input.review.operation == "DELETE"

asks if {
	input.review.operation != "DELETE"
	scope.writes
}

listed(organization) if {
	some role in ["members", "delegates"]
	input.review.userInfo.username in organization.spec[role].users
}

listed(organization) if {
	some role in ["members", "delegates"]
	some group in input.review.userInfo.groups
	group in organization.spec[role].groups
}

listed(organization) if {
	some role in ["members", "delegates"]
	some account in organization.spec[role].serviceAccounts
	[account.namespace, account.name] == service_account
}

listed(organization) if service_account[0] in organization.spec.namespaces

# service_account is the namespace and the name of the requester.
service_account := [parts[2], parts[3]] if {
	parts := split(input.review.userInfo.username, ":")
	count(parts) == 4
	array.slice(parts, 0, 2) == ["system", "serviceaccount"]
}
