package subject

import (
	authenticationv1 "k8s.io/api/authentication/v1"
	corev1 "k8s.io/api/core/v1"

	"tollgate.dev/tollgate/rego/settings"
	"tollgate.dev/tollgate/tenancy"
)

// Account is on whose account a request is, for whoever shares something between
// those who send requests. Unlike the subject it is known without the object,
// and decides nothing about what is allowed.
type Account struct {
	// Kind says what Name is a name of.
	Kind AccountKind
	Name string
}

// AccountKind says what an account is.
type AccountKind string

// The kinds of accounts.
const (
	// AccountPlatform: an administrator, the system, the controller or the
	// console, whichever the name says. Each has an account of its own.
	AccountPlatform AccountKind = "platform"
	// AccountOrganization: the organization whose namespace is written to, or
	// whose namespace the service account that writes lives in.
	AccountOrganization AccountKind = "organization"
	// AccountNamespace: the namespace, which nobody owns, of the service account
	// that writes.
	AccountNamespace AccountKind = "service accounts of namespace"
	// AccountUser: the user who writes.
	AccountUser AccountKind = "user"
)

// AccountOf returns on whose account a request of a user is, to an object in a
// namespace, "" for none. What is in a namespace that nobody owns, in none, or in
// the gateway's, where only the object says whose it is, is on the user's own.
func AccountOf(d *tenancy.Directory, s *settings.Settings, namespace string, user *authenticationv1.UserInfo) Account {
	switch r := standing(d, s, "", user); r {
	case Admin, System, Controller, Console:
		return Account{AccountPlatform, string(r)}
	}
	if namespace != s.Gateway.Namespace && namespace != corev1.NamespaceAll {
		if o, owned := d.OwnerOfNamespace(namespace); owned {
			return Account{AccountOrganization, o.Name()}
		}
	}
	r := identify(user)
	if r.account == "" {
		return Account{AccountUser, user.Username}
	}
	if o, owned := d.OwnerOfNamespace(r.namespace); owned {
		return Account{AccountOrganization, o.Name()}
	}
	return Account{AccountNamespace, r.namespace}
}
