package subject

import (
	"slices"
	"strings"

	authenticationv1 "k8s.io/api/authentication/v1"

	"tollgate.dev/tollgate/rego/settings"
	"tollgate.dev/tollgate/tenancy"
)

// Standing is what a requester is to the subject organization.
type Standing string

// The standings, in the order in which they are looked for: the first that fits
// counts.
const (
	// Nobody: there is no requester (audit, review without --as).
	Nobody Standing = "Nobody"
	// Admin of the platform.
	Admin Standing = "Admin"
	// System is Kubernetes itself.
	System Standing = "System"
	// Controller is Tollgate's.
	Controller Standing = "Controller"
	// Console is Higress's.
	Console Standing = "Console"
	// Member of the subject organization, or a service account of its namespaces.
	Member Standing = "Member"
	// Delegate of the subject organization.
	Delegate Standing = "Delegate"
	// Stranger is anybody else.
	Stranger Standing = "Stranger"
)

// standing returns what a requester is to an organization.
func standing(d *tenancy.Directory, s *settings.Settings, organization string, user *authenticationv1.UserInfo) Standing {
	if user.Username == "" && len(user.Groups) == 0 {
		return Nobody
	}
	r := identify(user)
	switch {
	case r.among(s.Admins):
		return Admin
	case r.among(s.System):
		return System
	case r.among(s.Controller):
		return Controller
	case r.among(s.Console):
		return Console
	}
	o, ok := d.Organization(organization)
	if !ok {
		return Stranger
	}
	spec := &o.Organization.Spec
	switch {
	case r.among(settings.Subjects(spec.Members)) || r.livesIn(d, o):
		return Member
	case r.among(settings.Subjects(spec.Delegates)):
		return Delegate
	}
	return Stranger
}

const serviceAccountPrefix = "system:serviceaccount:"

// requester is a user as kube-apiserver authenticated it.
type requester struct {
	// name is empty for a name that pretends to be a service account.
	name   string
	groups []string
	// namespace and account are set for a genuine service account.
	namespace, account string
}

// identify tells a service account from a user who only has such a name: a
// client certificate or an identity provider may give anybody the name
// system:serviceaccount:acme:robot, but the groups system:serviceaccounts and
// system:serviceaccounts:acme come with the token (or with the right to
// impersonate that service account).
func identify(user *authenticationv1.UserInfo) requester {
	r := requester{name: user.Username, groups: user.Groups}
	rest, claims := strings.CutPrefix(user.Username, serviceAccountPrefix)
	if !claims {
		return r
	}
	namespace, account, ok := strings.Cut(rest, ":")
	genuine := ok && namespace != "" && account != "" && !strings.Contains(account, ":") &&
		slices.Contains(user.Groups, "system:serviceaccounts") &&
		slices.Contains(user.Groups, "system:serviceaccounts:"+namespace)
	if !genuine {
		r.name = ""
		return r
	}
	r.namespace, r.account = namespace, account
	return r
}

// among reports whether the requester is one of the subjects.
func (r requester) among(s settings.Subjects) bool {
	if r.name != "" && slices.Contains(s.Users, r.name) {
		return true
	}
	if slices.ContainsFunc(s.Groups, func(g string) bool { return slices.Contains(r.groups, g) }) {
		return true
	}
	for _, sa := range s.ServiceAccounts {
		if r.account != "" && sa.Namespace == r.namespace && sa.Name == r.account {
			return true
		}
	}
	return false
}

// livesIn reports whether the requester is a service account of a namespace
// that the organization owns.
func (r requester) livesIn(d *tenancy.Directory, o *tenancy.OrganizationView) bool {
	if r.account == "" {
		return false
	}
	owner, ok := d.OwnerOfNamespace(r.namespace)
	return ok && owner == o
}
