# METADATA
# title: Tenants do not write what binds them
# description: >-
#   Organizations, price tables and admission policies say what tenants may do and what it costs. Who may write them is
#   RBAC's to say; but whoever belongs to an organization or acts for one would be giving rights to themselves.
# custom:
#   id: platform-objects
#   severity: Critical
#   remedy: Ask a platform administrator to make the change.
#   match:
#     kinds: [{apiGroups: [tollgate.dev], kinds: [Organization, PriceTable, AdmissionPolicy]}]
#     operations: [CREATE, UPDATE, DELETE]
package tollgate.baseline.platform_objects

import data.tollgate.lib.scope
import data.tollgate.lib.subject

violation contains {"msg": msg, "details": {"field": ""}} if {
	input.review.kind.kind in {"Organization", "PriceTable", "AdmissionPolicy"}
	subject.scoped
	input.subject.standing != "Nobody"
	scope.asks
	tenants_own
	msg := sprintf("Who belongs to an organization or acts for one does not write objects of kind %s.", [input.review.kind.kind])
}

tenants_own if data.tollgate.user_in[input.review.userInfo.username]

tenants_own if {
	some group in input.review.userInfo.groups
	data.tollgate.group_in[group]
}

tenants_own if data.tollgate.namespace_owner[service_account_namespace]

# An Organization that its writer is listed in.
tenants_own if {
	input.review.kind.kind == "Organization"
	some organization in [input.review.object, object.get(input.review, "oldObject", null)]
	listed(organization)
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
	input.review.userInfo.username == concat(":", ["system:serviceaccount", account.namespace, account.name])
}

listed(organization) if service_account_namespace in organization.spec.namespaces

service_account_namespace := parts[2] if {
	parts := split(input.review.userInfo.username, ":")
	count(parts) == 4
	array.slice(parts, 0, 2) == ["system", "serviceaccount"]
}
