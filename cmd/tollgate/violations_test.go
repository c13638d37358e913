package main

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	rbacv1 "k8s.io/api/rbac/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"sigs.k8s.io/yaml"

	"tollgate.dev/tollgate/cmd/tollgate/internal/follow"
	"tollgate.dev/tollgate/rego/baseline"
	"tollgate.dev/tollgate/rego/policy"
)

// What the webhook refuses, the audit finds: it follows every kind that a policy
// of the baseline judges, and may read it by the role that it is installed with.
func TestEveryJudgedKindIsAudited(t *testing.T) {
	t.Parallel()
	unseen := map[schema.GroupKind]string{
		{Kind: "Service"}: "all of them would be kept for the few that are other names",
		{Kind: "Secret"}:  "reading everybody's Secrets costs more than it would find",
		{Group: "tollgate.dev", Kind: "AdmissionPolicy"}: "its status says what is wrong with it",
		{Kind: "Endpoints"}: "all of them would be kept, and they change with every Pod, for the few that are written by hand",
		{Group: "discovery.k8s.io", Kind: "EndpointSlice"}: "as Endpoints",
	}
	followed := follow.Projected()
	for _, k := range furtherAudited() {
		if len(k.Versions) == 0 {
			t.Errorf("%s has no version", k.GroupKind)
		}
		followed = append(followed, k.GroupKind)
	}
	policies, err := baseline.Policies()
	if err != nil {
		t.Fatal(err)
	}
	judged := map[schema.GroupKind]string{}
	for _, p := range policies {
		for _, k := range p.Match.Kinds {
			for _, group := range k.APIGroups {
				for _, kind := range k.Kinds {
					if p.Kind != policy.Mutation {
						judged[schema.GroupKind{Group: group, Kind: kind}] = p.ID
					}
				}
			}
		}
	}
	if len(judged) < 15 {
		t.Errorf("only %d kinds are judged", len(judged))
	}
	for k, id := range judged {
		if unseen[k] == "" && !slices.Contains(followed, k) {
			t.Errorf("%s judges %s, and the audit does not follow it", id, k)
		}
	}
	role := auditorsRole(t)
	for _, k := range followed {
		if !audited(k) {
			continue
		}
		if !slices.ContainsFunc(role.Rules, func(r rbacv1.PolicyRule) bool {
			return slices.Contains(r.APIGroups, k.Group) && slices.Contains(r.Resources, plural(strings.ToLower(k.Kind))) &&
				slices.Contains(r.Verbs, "list") && slices.Contains(r.Verbs, "watch")
		}) {
			t.Errorf("the audit follows %s, and its role does not let it read that", k)
		}
	}
}

func plural(kind string) string {
	if base, ok := strings.CutSuffix(kind, "cy"); ok {
		return base + "cies"
	}
	if strings.HasSuffix(kind, "s") {
		return kind + "es"
	}
	return kind + "s"
}

// auditorsRole is the ClusterRole of the API server.
func auditorsRole(t *testing.T) (role rbacv1.ClusterRole) {
	t.Helper()
	data, err := os.ReadFile(filepath.Join("..", "..", "manifests", "apiserver", "identity.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	for doc := range strings.SplitSeq(string(data), "\n---\n") {
		role = rbacv1.ClusterRole{}
		if err := yaml.Unmarshal([]byte(doc), &role); err != nil {
			t.Fatal(err)
		}
		if role.Kind == "ClusterRole" && role.Name == "tollgate-apiserver" {
			return role
		}
	}
	t.Fatal("there is no ClusterRole tollgate-apiserver")
	return role
}
