package subject_test

import (
	"encoding/json"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	admissionv1 "k8s.io/api/admission/v1"
	authenticationv1 "k8s.io/api/authentication/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/types"
	"pgregory.net/rapid"

	"tollgate.dev/tollgate/apis/tollgate/v1alpha1"
	"tollgate.dev/tollgate/rego/inventory"
	"tollgate.dev/tollgate/rego/settings"
	"tollgate.dev/tollgate/rego/subject"
)

// world is what the oracle judges by: plain lists, looked through from the
// beginning.
type world struct {
	organizations []*v1alpha1.Organization // the oldest first
	namespaces    map[string]bool          // to terminating
	settings      *settings.Settings
}

// The names are few, so that draws meet.
func spaces() []string {
	return []string{"a", "b", "gw", "kube-system", "tollgate-system"}
}

func people() []string {
	return []string{"ann", "bob", "system:serviceaccount:a:robot", "system:serviceaccount:gw:console", "system:serviceaccount:tollgate-system:ctl", "system:serviceaccount:kube-system:gc"}
}

func teams() []string {
	return []string{"red", "blue", "system:masters", "system:serviceaccounts", "system:serviceaccounts:a", "system:serviceaccounts:gw", "system:serviceaccounts:kube-system", "system:serviceaccounts:tollgate-system"}
}

func robots() []v1alpha1.ServiceAccount {
	return []v1alpha1.ServiceAccount{{Namespace: "a", Name: "robot"}, {Namespace: "gw", Name: "console"}}
}

func drawWorld(t *rapid.T) world {
	draw := func(label string, of []string) []string {
		return rapid.SliceOfNDistinct(rapid.SampledFrom(of), 0, 3, rapid.ID[string]).Draw(t, label)
	}
	subjects := func(label string) v1alpha1.Subjects {
		s := v1alpha1.Subjects{Users: draw(label+" users", people()), Groups: draw(label+" groups", teams()[:3])}
		if rapid.Bool().Draw(t, label+" robots") {
			s.ServiceAccounts = robots()
		}
		return s
	}
	w := world{namespaces: map[string]bool{}, settings: settings.Default()}
	for i, name := range []string{"acme", "globex"} {
		w.organizations = append(w.organizations, &v1alpha1.Organization{
			ObjectMeta: metav1.ObjectMeta{Name: name, UID: types.UID(name), CreationTimestamp: metav1.NewTime(time.Unix(int64(i), 0))},
			Spec: v1alpha1.OrganizationSpec{
				Namespaces: draw(name+" namespaces", spaces()), Members: subjects(name + " members"), Delegates: subjects(name + " delegates")},
		})
	}
	for _, ns := range draw("namespaces", spaces()) {
		w.namespaces[ns] = rapid.Bool().Draw(t, ns+" terminating")
	}
	w.settings.Gateway.Namespace = "gw"
	w.settings.Controller.Users = []string{"system:serviceaccount:tollgate-system:ctl"}
	w.settings.Console.Users = []string{"system:serviceaccount:gw:console"}
	w.settings.Admins.Users = draw("admins", people())
	return w
}

func (w world) inventory(t *rapid.T) *inventory.Inventory {
	b := inventory.NewBuilder(w.settings)
	put := func(apiVersion, kind string, object any) {
		raw, err := json.Marshal(object)
		if err != nil {
			t.Fatal(err)
		}
		u := &unstructured.Unstructured{}
		if err := json.Unmarshal(raw, &u.Object); err != nil {
			t.Fatal(err)
		}
		u.SetAPIVersion(apiVersion)
		u.SetKind(kind)
		b.Put(u)
	}
	for _, o := range w.organizations {
		put("tollgate.dev/v1alpha1", "Organization", o)
	}
	for ns, terminating := range w.namespaces {
		phase := "Active"
		if terminating {
			phase = "Terminating"
		}
		put("v1", "Namespace", map[string]any{"metadata": map[string]any{"name": ns}, "status": map[string]any{"phase": phase}})
	}
	return b.Build()
}

// oracle answers with the rules as the documentation says them, one by one.
func (w world) oracle(namespace string, op admissionv1.Operation, label, oldLabel string, by authenticationv1.UserInfo) subject.Subject {
	terminating, exists := w.namespaces[namespace]
	out := subject.Subject{Source: subject.SourceNone, NamespaceExists: exists, Terminating: terminating}
	switch {
	case namespace == "":
		out = subject.Subject{Source: subject.SourceCluster}
	case namespace == "gw":
		out.InGateway = true
		if op != admissionv1.Create {
			label = oldLabel
		}
		if label != "" {
			out.Organization, out.Source = label, subject.SourceLabel
		}
	default:
		out.Unowned = true
		for _, o := range slices.Backward(w.organizations) { // the oldest has the last word
			if slices.Contains(o.Spec.Namespaces, namespace) {
				out.Organization, out.Source, out.Unowned = o.Name, subject.SourceNamespace, false
			}
		}
	}
	out.Standing = w.standing(out.Organization, by)
	return out
}

func (w world) standing(organization string, by authenticationv1.UserInfo) subject.Standing {
	if by.Username == "" && len(by.Groups) == 0 {
		return subject.Nobody
	}
	genuine := "" // "ns:name" of a service account with its groups
	pretends := false
	for _, ns := range spaces() {
		for _, n := range []string{"robot", "console", "ctl", "gc"} {
			if by.Username == "system:serviceaccount:"+ns+":"+n {
				pretends = true
				if slices.Contains(by.Groups, "system:serviceaccounts") && slices.Contains(by.Groups, "system:serviceaccounts:"+ns) {
					genuine = ns + ":" + n
				}
			}
		}
	}
	in := func(users, groups []string, accounts []v1alpha1.ServiceAccount) bool {
		for _, u := range users {
			if u == by.Username && (!pretends || genuine != "") {
				return true
			}
		}
		for _, g := range groups {
			if slices.Contains(by.Groups, g) {
				return true
			}
		}
		for _, a := range accounts {
			if genuine == a.Namespace+":"+a.Name {
				return true
			}
		}
		return false
	}
	s := w.settings
	switch {
	case in(s.Admins.Users, s.Admins.Groups, nil):
		return subject.Admin
	case in(s.System.Users, s.System.Groups, nil):
		return subject.System
	case in(s.Controller.Users, nil, nil):
		return subject.Controller
	case in(s.Console.Users, nil, nil):
		return subject.Console
	}
	for _, o := range w.organizations {
		if o.Name != organization {
			continue
		}
		if in(o.Spec.Members.Users, o.Spec.Members.Groups, o.Spec.Members.ServiceAccounts) {
			return subject.Member
		}
		for _, ns := range o.Spec.Namespaces {
			mine := true
			for _, older := range w.organizations {
				if older == o {
					break
				}
				mine = mine && !slices.Contains(older.Spec.Namespaces, ns)
			}
			if mine && len(genuine) > len(ns) && genuine[:len(ns)+1] == ns+":" {
				return subject.Member
			}
		}
		if in(o.Spec.Delegates.Users, o.Spec.Delegates.Groups, o.Spec.Delegates.ServiceAccounts) {
			return subject.Delegate
		}
	}
	return subject.Stranger
}

func TestSubjectEqualsOracle(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		w := drawWorld(t)
		inv := w.inventory(t)
		for range 10 {
			namespace := rapid.SampledFrom(append([]string{""}, spaces()...)).Draw(t, "namespace")
			op := rapid.SampledFrom([]admissionv1.Operation{admissionv1.Create, admissionv1.Update, admissionv1.Delete}).Draw(t, "operation")
			label := rapid.SampledFrom([]string{"", "acme", "globex", "ghost"}).Draw(t, "label")
			oldLabel := rapid.SampledFrom([]string{"", "acme", "globex", "ghost"}).Draw(t, "old label")
			by := user(
				rapid.SampledFrom(append([]string{"", "eve"}, people()...)).Draw(t, "user"),
				rapid.SliceOfNDistinct(rapid.SampledFrom(teams()), 0, 4, rapid.ID[string]).Draw(t, "groups")...)
			object, old := labelled(label), labelled(oldLabel)
			switch op {
			case admissionv1.Create:
				old = runtime.RawExtension{}
			case admissionv1.Delete:
				object = runtime.RawExtension{}
			}
			got, err := subject.Of(inv, w.settings, request(namespace, op, object, old, by))
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(w.oracle(namespace, op, label, oldLabel, by), got); diff != "" {
				t.Fatalf("%s in %q by %v (-oracle +got):\n%s", op, namespace, by, diff)
			}
		}
	})
}
