package baseline_test

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"testing"

	admissionv1 "k8s.io/api/admission/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"tollgate.dev/tollgate/apis/tollgate/v1alpha1"
)

// FuzzOrganization holds the verdict on Organizations that are written, changed
// or deleted against the oracle, warnings about overlaps included.
func FuzzOrganization(f *testing.F) {
	fuzzWriters(f, [3]string{"new.example", "eve@elsewhere.example", "ci"}, organizationCase)
}

func organizationCase(t *testing.T, w world, p picker) (allowed bool) {
	t.Helper()
	object, old := same(t, p.organization()), same(t, p.organization())
	old.Name = object.Name
	if p.one(4) { // only a finalizer goes
		old = same(t, object)
		old.Finalizers = []string{"example.com/later"}
	}
	r := p.newRequest(metav1.GroupVersionKind{Group: v1alpha1.GroupName, Version: "v1alpha1", Kind: "Organization"}, object.ObjectMeta, object, old)
	verdict := w.whole(t, r)
	escapes := giveRights(t, r)
	if len(escapes) == 0 && r.says(t) && isListed(r, object, old) {
		escapes = append(escapes, "an Organization that its writer is listed in")
	}
	var want []string
	if r.operation != admissionv1.Delete && r.says(t) {
		escapes = append(escapes, everybody(object)...)
		want = overlaps(object)
	}
	compare(t, r.shown(), verdict, escapes, stricterAboutUsers(object)...)
	if got := slices.Compact(warnings(verdict, "organization-namespaces", "organization-overlaps")); !slices.Equal(got, want) {
		t.Errorf("warned of %q, want %q\n%s", got, want, mustJSON(r.shown()))
	}
	return verdict.Allowed()
}

func (p picker) organization() *v1alpha1.Organization {
	o := &v1alpha1.Organization{ObjectMeta: metav1.ObjectMeta{Name: p.of("initech", "acme", "globex", "gx", "hooli")}}
	o.Spec.Namespaces = some(p, 2, func() string {
		return p.of("initech-web", "initech-web", "acme-chat", "globex-research", "acme-chatter", "higress-system", "kube-system", "kube-public", "tollgate-system", "kube-node-lease", "ci", "default")
	})
	o.Spec.Domains = some(p, 2, func() string {
		return p.of("initech.example", "*.initech.example", "acme.example", "*.acme.example", "www.acme.example", "*.www.acme.example", "globex.example", "*.globex.example",
			"www.globex.example", "lab.globex.example", "x.lab.globex.example", "*.x.lab.globex.example", "*.example", "example", "evilacme.example", "WWW.acme.example", "acme.example.")
	})
	o.Spec.MimirTenant = p.of("", "", "acme", "globex", "gx", "initech", "GX")
	o.Spec.Members, o.Spec.Delegates = p.subjects(), p.subjects()
	return o
}

func (p picker) subjects() v1alpha1.Subjects {
	return v1alpha1.Subjects{
		Users: some(p, 1, func() string {
			return p.of("peter@initech.example", "eve@elsewhere.example", "root", "system:anonymous", "system:authenticated", "system:serviceaccount:ci:ci")
		}),
		Groups: some(p, 1, func() string {
			return p.of("initech", "acme", "system:authenticated", "system:unauthenticated", "system:serviceaccounts", "system:serviceaccounts:ci", "System:Authenticated")
		}),
		ServiceAccounts: some(p, 1, func() v1alpha1.ServiceAccount {
			return v1alpha1.ServiceAccount{Namespace: p.of("initech-web", "ci", "argocd"), Name: p.of("robot", "ci", "argocd", "cd")}
		}),
	}
}

// giveRights says why somebody may not write what says what tenants may do and
// what it costs: RBAC lets them, and they would be giving rights to themselves.
// Where nobody asks, nobody gives.
func giveRights(t *testing.T, r request) []string {
	t.Helper()
	if r.by.name == "" || !r.by.tenant() || r.by.of == "" || !r.says(t) {
		return nil
	}
	return []string{"the writer belongs to " + r.by.of + ", or acts for it"}
}

// isListed reports whether the writer is in the Organization, as it is to be or
// as it was.
func isListed(r request, object, old *v1alpha1.Organization) bool {
	if r.by.name == "" || !r.by.tenant() {
		return false
	}
	seen := []*v1alpha1.Organization{object, old}
	switch r.operation {
	case admissionv1.Create:
		seen = seen[:1]
	case admissionv1.Delete:
		seen = seen[1:]
	}
	namespace, account, isAccount := strings.Cut(strings.TrimPrefix(r.by.name, "system:serviceaccount:"), ":")
	for _, o := range seen {
		if isAccount && slices.Contains(o.Spec.Namespaces, namespace) {
			return true
		}
		for _, s := range []v1alpha1.Subjects{o.Spec.Members, o.Spec.Delegates} {
			if slices.Contains(s.Users, r.by.name) || isAccount && slices.Contains(s.ServiceAccounts, v1alpha1.ServiceAccount{Namespace: namespace, Name: account}) ||
				slices.ContainsFunc(s.Groups, func(g string) bool { return slices.Contains(r.by.groups, g) }) {
				return true
			}
		}
	}
	return false
}

// everybody are the members and delegates that are all who have an account, all
// programs, or all who have none.
func everybody(o *v1alpha1.Organization) []string {
	var escapes []string
	for _, s := range []v1alpha1.Subjects{o.Spec.Members, o.Spec.Delegates} {
		for _, g := range s.Groups {
			if g == "system:authenticated" || g == "system:unauthenticated" || g == "system:serviceaccounts" {
				escapes = append(escapes, "everybody: "+g)
			}
		}
		if slices.Contains(s.Users, "system:anonymous") {
			escapes = append(escapes, "everybody without a name")
		}
	}
	return escapes
}

// stricterAboutUsers names the policy where a name is at the wrong place.
func stricterAboutUsers(o *v1alpha1.Organization) []string {
	for _, s := range []v1alpha1.Subjects{o.Spec.Members, o.Spec.Delegates} {
		if slices.ContainsFunc(append(slices.Clone(s.Users), s.Groups...), func(n string) bool { return strings.HasPrefix(n, "system:") }) {
			return []string{"organization-everybody"}
		}
	}
	return nil
}

// overlaps are the warnings that an Organization earns beside those of
// testdata/writers.yaml.
func overlaps(o *v1alpha1.Organization) []string {
	type existing struct {
		name, tenant        string
		namespaces, domains []string
	}
	var out []string
	for _, other := range []existing{
		{"acme", "acme", []string{"acme-chat", "acme-search", "acme-leaving"}, []string{"acme.example", "*.acme.example"}},
		{"globex", "gx", []string{"globex-research"}, []string{"globex.example", "*.lab.globex.example"}},
	} {
		if other.name == o.Name {
			continue
		}
		for i, n := range o.Spec.Namespaces {
			if slices.Contains(other.namespaces, n) {
				out = append(out, fmt.Sprintf("organization-overlaps spec.namespaces[%d]", i))
			}
		}
		for i, d := range o.Spec.Domains {
			if slices.ContainsFunc(other.domains, func(theirs string) bool { return meet(d, theirs) }) {
				out = append(out, fmt.Sprintf("organization-overlaps spec.domains[%d]", i))
			}
		}
		if cmp.Or(o.Spec.MimirTenant, o.Name) == other.tenant {
			out = append(out, "organization-overlaps spec.mimirTenant")
		}
	}
	for i, n := range o.Spec.Namespaces {
		if oneOf(n, "higress-system", "tollgate-system", "kube-system", "kube-public", "kube-node-lease") {
			out = append(out, fmt.Sprintf("organization-namespaces spec.namespaces[%d]", i))
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// meet reports whether there is a host that both domains cover: acme.example
// itself, *.acme.example whatever is below it.
func meet(a, b string) bool {
	a, b = strings.TrimSuffix(strings.ToLower(a), "."), strings.TrimSuffix(strings.ToLower(b), ".")
	covers := func(domain, host string) bool {
		below, wild := strings.CutPrefix(domain, "*.")
		return !wild && host == domain || wild && strings.HasSuffix(host, "."+below)
	}
	for _, host := range []string{a, b, "www." + strings.TrimPrefix(a, "*."), "www." + strings.TrimPrefix(b, "*.")} {
		if !strings.HasPrefix(host, "*.") && covers(a, host) && covers(b, host) {
			return true
		}
	}
	return false
}
