# METADATA
# title: Administrators are told that the gateway uses a Secret
# description: >-
#   An administrator may have to delete a Secret at once, because it has leaked. So it passes, with a warning.
# custom:
#   id: secret-in-use-warned
#   severity: Low
#   remedy: Put a new Secret of that name in place soon, or change what uses it.
#   match:
#     kinds: [{apiGroups: [""], kinds: [Secret]}]
#     operations: [DELETE]
#   enforcement: {webhook: Warn, review: Warn}
#   onError: Allow
package tollgate.baseline.secret_in_use_warned

import data.tollgate.lib.secrets

violation contains {"msg": secrets.in_use, "details": {"field": ""}} if {
	input.review.kind.kind == "Secret"
	input.subject.standing == "Admin"
	secrets.in_use
}
