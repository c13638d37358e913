# METADATA
# title: Secrets that the gateway uses are not deleted
# description: >-
#   Without its Secret a host has no certificate and a provider no key, and the gateway goes on with an object that it
#   can no longer read. Only Secrets of organizations are looked at; a namespace that is being deleted takes its Secrets
#   along.
# custom:
#   id: secret-in-use
#   severity: Medium
#   remedy: Change or delete what uses the Secret first.
#   match:
#     kinds: [{apiGroups: [""], kinds: [Secret]}]
#     operations: [DELETE]
#   onError: Allow
package tollgate.baseline.secret_in_use

import data.tollgate.lib.secrets
import data.tollgate.lib.subject

violation contains {"msg": secrets.in_use, "details": {"field": ""}} if {
	input.review.kind.kind == "Secret"
	subject.scoped
	secrets.in_use
}
