# METADATA
# title: Not everybody is a member
# description: >-
#   system:authenticated is everybody who has an account, system:serviceaccounts every program of the cluster. An
#   organization whose members or delegates they are belongs to all other tenants too.
# custom:
#   id: organization-everybody
#   severity: Critical
#   remedy: Name a narrower group.
#   match:
#     kinds: [{apiGroups: [tollgate.dev], kinds: [Organization]}]
package tollgate.baseline.organization_everybody

import data.tollgate.lib.scope

everybody := {"system:authenticated", "system:unauthenticated", "system:serviceaccounts", "system:anonymous"}

violation contains {"msg": msg, "details": {"field": sprintf("spec.%s.%s[%d]", [role, kind, i])}} if {
	input.review.kind.kind == "Organization"
	scope.writes
	some role in ["members", "delegates"]
	some kind in ["groups", "users"]
	some i, name in input.review.object.spec[role][kind]
	name in everybody
	msg := sprintf("%q is everybody.", [name])
}
