package inventory

import (
	"sync"

	"github.com/open-policy-agent/opa/v1/ast"

	"tollgate.dev/tollgate/apis/tollgate/v1alpha1"
	"tollgate.dev/tollgate/tenancy"
)

// newPeople returns data.tollgate.user_in[user] and data.tollgate.group_in[group]:
// the organizations that list a user or a group as a member or a delegate, as
// {organization: true}. A service account stands among the users by its user
// name. Both are made when they are first asked for.
func (t *tenantDocuments) newPeople() (users, groups document) {
	lists := sync.OnceValues(func() (users, groups map[string][]string) {
		return listed(t.directory)
	})
	of := func(list func() map[string][]string) document {
		return computed{
			of: func(name string) (ast.Value, bool) {
				organizations, ok := list()[name]
				return t.words.set(organizations).Value, ok
			},
			all: func() ast.Value {
				var pairs [][2]*ast.Term
				for name, organizations := range list() {
					pairs = append(pairs, [2]*ast.Term{ast.StringTerm(name), t.words.set(organizations)})
				}
				return ast.NewObject(pairs...)
			},
		}
	}
	return of(func() map[string][]string { users, _ := lists(); return users }),
		of(func() map[string][]string { _, groups := lists(); return groups })
}

func listed(d *tenancy.Directory) (users, groups map[string][]string) {
	users, groups = map[string][]string{}, map[string][]string{}
	for _, o := range d.Organizations() {
		spec := &o.Organization.Spec
		for _, role := range []v1alpha1.Subjects{spec.Members, spec.Delegates} {
			for _, u := range role.Users {
				users[u] = append(users[u], o.Name())
			}
			for _, g := range role.Groups {
				groups[g] = append(groups[g], o.Name())
			}
			for _, sa := range role.ServiceAccounts {
				name := "system:serviceaccount:" + sa.Namespace + ":" + sa.Name
				users[name] = append(users[name], o.Name())
			}
		}
	}
	return users, groups
}
