package match_test

import (
	"testing"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"tollgate.dev/tollgate/apis/tollgate/v1alpha1"
	"tollgate.dev/tollgate/rego/match"
)

func pod() match.Target {
	return match.Target{
		Kind: "Pod", Operation: "CREATE", Namespace: "acme-chat",
		NamespaceLabels: map[string]string{"team": "chat"}, NamespaceKnown: true,
		Objects: []match.Object{{Name: "web-1", Labels: map[string]string{"app": "web"}}},
	}
}

func namespace(name string, labels map[string]string) match.Target {
	return match.Target{
		Kind: "Namespace", Operation: "CREATE", Namespace: name, // the API server gives a Namespace's own name here
		Objects: []match.Object{{Name: name, Labels: labels}},
	}
}

func clusterRole() match.Target {
	return match.Target{Group: "rbac.authorization.k8s.io", Kind: "ClusterRole", Operation: "CREATE", Objects: []match.Object{{Name: "view"}}}
}

func with(t match.Target, change func(*match.Target)) match.Target {
	change(&t)
	return t
}

func TestMatches(t *testing.T) {
	team := func(v string) *metav1.LabelSelector {
		return &metav1.LabelSelector{MatchLabels: map[string]string{"team": v}}
	}
	app := &metav1.LabelSelector{MatchExpressions: []metav1.LabelSelectorRequirement{{Key: "app", Operator: metav1.LabelSelectorOpIn, Values: []string{"web", "db"}}}}
	noApp := &metav1.LabelSelector{MatchExpressions: []metav1.LabelSelectorRequirement{{Key: "app", Operator: metav1.LabelSelectorOpDoesNotExist}}}
	tests := []struct {
		name   string
		match  v1alpha1.PolicyMatch
		target match.Target
		want   bool
	}{
		{"nothing given", v1alpha1.PolicyMatch{}, pod(), true},
		{"DELETE is not asked about by default", v1alpha1.PolicyMatch{}, with(pod(), func(t *match.Target) { t.Operation = "DELETE" }), false},
		{"DELETE when listed", v1alpha1.PolicyMatch{Operations: []string{"DELETE"}}, with(pod(), func(t *match.Target) { t.Operation = "DELETE" }), true},
		{"operation not listed", v1alpha1.PolicyMatch{Operations: []string{"UPDATE"}}, pod(), false},

		{"kind and group", v1alpha1.PolicyMatch{Kinds: []v1alpha1.MatchKinds{{APIGroups: []string{""}, Kinds: []string{"Pod"}}}}, pod(), true},
		{"kind of another group", v1alpha1.PolicyMatch{Kinds: []v1alpha1.MatchKinds{{APIGroups: []string{"apps"}, Kinds: []string{"Pod"}}}}, pod(), false},
		{"second entry", v1alpha1.PolicyMatch{Kinds: []v1alpha1.MatchKinds{{Kinds: []string{"Service"}}, {Kinds: []string{"Pod"}}}}, pod(), true},
		{"kind and group of different entries", v1alpha1.PolicyMatch{Kinds: []v1alpha1.MatchKinds{{APIGroups: []string{""}, Kinds: []string{"Service"}}, {APIGroups: []string{"apps"}, Kinds: []string{"Pod"}}}}, pod(), false},
		{"any kind of a group", v1alpha1.PolicyMatch{Kinds: []v1alpha1.MatchKinds{{APIGroups: []string{""}, Kinds: []string{"*"}}}}, pod(), true},
		{"a kind of any group", v1alpha1.PolicyMatch{Kinds: []v1alpha1.MatchKinds{{APIGroups: []string{"*"}, Kinds: []string{"Pod"}}}}, pod(), true},
		{"kinds are case-sensitive", v1alpha1.PolicyMatch{Kinds: []v1alpha1.MatchKinds{{Kinds: []string{"pod"}}}}, pod(), false},

		{"scope namespaced, namespaced", v1alpha1.PolicyMatch{Scope: "Namespaced"}, pod(), true},
		{"scope namespaced, cluster", v1alpha1.PolicyMatch{Scope: "Namespaced"}, clusterRole(), false},
		{"scope namespaced, a Namespace", v1alpha1.PolicyMatch{Scope: "Namespaced"}, namespace("a", nil), false},
		{"scope cluster, namespaced", v1alpha1.PolicyMatch{Scope: "Cluster"}, pod(), false},
		{"scope cluster, cluster", v1alpha1.PolicyMatch{Scope: "Cluster"}, clusterRole(), true},
		{"scope cluster, a Namespace", v1alpha1.PolicyMatch{Scope: "Cluster"}, namespace("a", nil), true},
		{"scope star", v1alpha1.PolicyMatch{Scope: "*"}, clusterRole(), true},

		{"namespace by name", v1alpha1.PolicyMatch{Namespaces: []string{"acme-chat"}}, pod(), true},
		{"another namespace", v1alpha1.PolicyMatch{Namespaces: []string{"acme"}}, pod(), false},
		{"namespace by prefix", v1alpha1.PolicyMatch{Namespaces: []string{"acme-*"}}, pod(), true},
		{"namespace by suffix", v1alpha1.PolicyMatch{Namespaces: []string{"*-chat"}}, pod(), true},
		{"namespace by part", v1alpha1.PolicyMatch{Namespaces: []string{"*e-c*"}}, pod(), true},
		{"a star in the middle is a star", v1alpha1.PolicyMatch{Namespaces: []string{"acme*chat"}}, pod(), false},
		{"cluster-scoped objects have no namespace to miss", v1alpha1.PolicyMatch{Namespaces: []string{"acme"}}, clusterRole(), true},
		{"a Namespace by its own name", v1alpha1.PolicyMatch{Namespaces: []string{"a*"}}, namespace("acme", nil), true},
		{"a Namespace of another name", v1alpha1.PolicyMatch{Namespaces: []string{"b*"}}, namespace("acme", nil), false},
		{"excluded", v1alpha1.PolicyMatch{ExcludedNamespaces: []string{"acme-*"}}, pod(), false},
		{"excluded wins over listed", v1alpha1.PolicyMatch{Namespaces: []string{"acme-chat"}, ExcludedNamespaces: []string{"*-chat"}}, pod(), false},
		{"not excluded", v1alpha1.PolicyMatch{ExcludedNamespaces: []string{"kube-*"}}, pod(), true},
		{"cluster-scoped objects cannot be excluded", v1alpha1.PolicyMatch{ExcludedNamespaces: []string{"*"}}, clusterRole(), true},
		{"a Namespace is excluded by name", v1alpha1.PolicyMatch{ExcludedNamespaces: []string{"kube-*"}}, namespace("kube-system", nil), false},

		{"label", v1alpha1.PolicyMatch{LabelSelector: app}, pod(), true},
		{"no such label", v1alpha1.PolicyMatch{LabelSelector: noApp}, pod(), false},
		{"label of the old object only", v1alpha1.PolicyMatch{LabelSelector: app}, with(pod(), func(t *match.Target) {
			t.Operation = "UPDATE"
			t.Objects = []match.Object{{Name: "web-1"}, {Name: "web-1", Labels: map[string]string{"app": "web"}}}
		}), true},
		{"label of neither", v1alpha1.PolicyMatch{LabelSelector: app}, with(pod(), func(t *match.Target) {
			t.Objects = []match.Object{{Name: "web-1"}, {Name: "web-1"}}
		}), false},

		{"namespace's label", v1alpha1.PolicyMatch{NamespaceSelector: team("chat")}, pod(), true},
		{"namespace's other label", v1alpha1.PolicyMatch{NamespaceSelector: team("bots")}, pod(), false},
		{"unknown namespace is judged", v1alpha1.PolicyMatch{NamespaceSelector: team("bots")}, with(pod(), func(t *match.Target) { t.NamespaceKnown, t.NamespaceLabels = false, nil }), true},
		{"cluster-scoped object", v1alpha1.PolicyMatch{NamespaceSelector: team("bots")}, clusterRole(), true},
		{"a Namespace by its own labels", v1alpha1.PolicyMatch{NamespaceSelector: team("chat")}, namespace("a", map[string]string{"team": "chat"}), true},
		{"a Namespace without the label", v1alpha1.PolicyMatch{NamespaceSelector: team("chat")}, namespace("a", nil), false},

		{"name", v1alpha1.PolicyMatch{Name: "web-1"}, pod(), true},
		{"name by prefix", v1alpha1.PolicyMatch{Name: "web-*"}, pod(), true},
		{"other name", v1alpha1.PolicyMatch{Name: "db"}, pod(), false},
		{"generateName by prefix", v1alpha1.PolicyMatch{Name: "web-*"}, with(pod(), func(t *match.Target) { t.Objects = []match.Object{{GenerateName: "web-"}} }), true},
		{"generateName by part", v1alpha1.PolicyMatch{Name: "*eb*"}, with(pod(), func(t *match.Target) { t.Objects = []match.Object{{GenerateName: "web-"}} }), true},
		{"generateName never by suffix", v1alpha1.PolicyMatch{Name: "*-"}, with(pod(), func(t *match.Target) { t.Objects = []match.Object{{GenerateName: "web-"}} }), false},
		{"generateName never whole", v1alpha1.PolicyMatch{Name: "web-"}, with(pod(), func(t *match.Target) { t.Objects = []match.Object{{GenerateName: "web-"}} }), false},
		{"any name", v1alpha1.PolicyMatch{Name: "*"}, with(pod(), func(t *match.Target) { t.Objects = []match.Object{{GenerateName: "web-"}} }), true},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			m, err := match.Compile(&tt.match)
			if err != nil {
				t.Fatal(err)
			}
			if got := m.Matches(&tt.target); got != tt.want {
				t.Errorf("matches: %v, want %v", got, tt.want)
			}
		})
	}
}

func TestCompileRefusesBadSelectors(t *testing.T) {
	bad := &metav1.LabelSelector{MatchExpressions: []metav1.LabelSelectorRequirement{{Key: "a", Operator: "Near"}}}
	for _, m := range []v1alpha1.PolicyMatch{{LabelSelector: bad}, {NamespaceSelector: bad}} {
		c, err := match.Compile(&m)
		if err == nil {
			t.Fatal("taken")
		}
		target := pod()
		if !c.Matches(&target) {
			t.Error("a matcher with a bad selector must match more, not less")
		}
	}
}
