package subject_test

import (
	"testing"

	authenticationv1 "k8s.io/api/authentication/v1"

	"tollgate.dev/tollgate/rego/settings"
	"tollgate.dev/tollgate/rego/subject"
)

func TestOnWhoseAccountARequestIs(t *testing.T) {
	t.Parallel()
	directory := platform(t).Directory()
	organization := func(name string) subject.Account {
		return subject.Account{Kind: subject.AccountOrganization, Name: name}
	}
	of := func(name string) subject.Account { return subject.Account{Kind: subject.AccountUser, Name: name} }
	role := func(name string) subject.Account { return subject.Account{Kind: subject.AccountPlatform, Name: name} }
	tests := []struct {
		name      string
		namespace string
		user      authenticationv1.UserInfo
		want      subject.Account
	}{
		{name: "a member", namespace: "acme-chat", user: user("alice"), want: organization("acme")},
		{name: "in another namespace of the organization", namespace: "acme-web", user: user("bob", "acme"), want: organization("acme")},
		{name: "a delegate writes on the organization's account", namespace: "globex", user: account("argocd", "application-controller"), want: organization("globex")},
		{name: "a stranger too", namespace: "globex", user: user("alice"), want: organization("globex")},
		{name: "nobody's namespace", namespace: "other", user: user("alice"), want: of("alice")},
		{name: "an unknown namespace", namespace: "new", user: user("alice"), want: of("alice")},
		{name: "no namespace", user: user("alice"), want: of("alice")},
		{name: "the gateway's namespace", namespace: "higress-system", user: user("alice"), want: of("alice")},
		{name: "no name", want: of("")},
		{name: "an organization's service account elsewhere", user: account("acme-chat", "robot"), want: organization("acme")},
		{name: "another of the same", namespace: "other", user: account("acme-web", "robot-2"), want: organization("acme")},
		{name: "a service account of a namespace that nobody owns", user: account("argocd", "a"), want: subject.Account{Kind: subject.AccountNamespace, Name: "argocd"}},
		{name: "a name like a service account's", user: user("system:serviceaccount:acme-chat:robot"), want: of("system:serviceaccount:acme-chat:robot")},
		{name: "an administrator, whose namespace it may be", namespace: "acme-chat", user: user("root", "system:masters"), want: role("Admin")},
		{name: "the system", namespace: "acme-chat", user: user("system:kube-controller-manager"), want: role("System")},
		{name: "the controller", namespace: "acme-chat", user: account("tollgate-system", "tollgate-controller"), want: role("Controller")},
		{name: "the console", namespace: "higress-system", user: account("higress-system", "higress-console"), want: role("Console")},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			if got := subject.AccountOf(directory, settings.Default(), tt.namespace, &tt.user); got != tt.want {
				t.Errorf("got %+v, want %+v", got, tt.want)
			}
		})
	}
}
