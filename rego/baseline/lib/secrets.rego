# METADATA
# title: Secrets in use
# description: Whether the gateway uses the Secret of the review, told without naming what is not the organization's.
package tollgate.lib.secrets

import data.tollgate.lib.subject

# in_use is the message about a Secret of an organization that something uses.
in_use := sprintf("The gateway uses the Secret: %s.", [concat(", ", sort(told))]) if {
	input.subject.organization != ""
	not input.subject.terminating
	users := data.tollgate.secret_user[concat("/", [input.review.namespace, name])]
	told := {tell(user) | some user in users}
	count(told) > 0
}

# A request that deletes a whole collection has no name; each of its objects has.
name := input.review.object.metadata.name

# A user is written as "Kind namespace/name (what for)".
tell(user) := user if {
	words := split(user, " ")
	subject.own_namespace(split(words[1], "/")[0])
} else := "an object of the platform"
