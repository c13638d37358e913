# METADATA
# title: The scope of one request
# description: >-
#   Whether a tenant's scope binds the request, whose scope it is, and whether the request says anything new.
package tollgate.lib.scope

import data.tollgate.lib.subject

# tenant: the scope binds, and the object belongs to an organization.
tenant if {
	subject.scoped
	input.subject.organization != ""
}

# ownerless: the scope binds, and the object belongs to nobody.
ownerless if {
	subject.scoped
	input.subject.organization == ""
}

# usable_namespace: the object may name what is in the namespace. What a tenant
# owns in the gateway's namespace makes that namespace no tenant's.
usable_namespace(namespace) if subject.own_namespace(namespace)

usable_namespace(namespace) if {
	namespace == input.review.namespace
	not input.subject.inGateway
}

# writes: the request makes the object or changes what it says. Changes of
# finalizers, owner references and status leave that as it is and pass, or an
# object that breaks a newer rule could never be deleted.
writes if input.review.operation == "CREATE"

writes if not input.review.oldObject

writes if said(input.review.object) != said(input.review.oldObject)

# asks: the request writes, or deletes something in a namespace that stays.
# Whoever empties a namespace that is being deleted is not asked.
asks if {
	input.review.operation == "DELETE"
	not input.subject.terminating
}

asks if {
	input.review.operation != "DELETE"
	writes
}

said(object_) := [
	object.get(object_, "spec", {}),
	object.get(object_, ["metadata", "labels"], {}),
	object.get(object_, ["metadata", "annotations"], {}),
] if is_object(object_)

said(object_) := [] if not is_object(object_)
