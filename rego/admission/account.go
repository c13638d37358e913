package admission

import (
	authenticationv1 "k8s.io/api/authentication/v1"

	"tollgate.dev/tollgate/rego/subject"
)

// Account returns on whose account a request of a user to an object in a
// namespace ("" for none) is, by the newest snapshot; the user's own as long as
// there is none.
func (j *Judge) Account(namespace string, user *authenticationv1.UserInfo) subject.Account {
	inv := j.engine.Snapshot().Inventory()
	if inv == nil {
		return subject.Account{Kind: subject.AccountUser, Name: user.Username}
	}
	return subject.AccountOf(inv.Directory(), j.options.Settings, namespace, user)
}
