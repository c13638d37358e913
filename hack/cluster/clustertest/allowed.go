package clustertest

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	authorizationv1 "k8s.io/api/authorization/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"tollgate.dev/tollgate/hack/cluster"
)

// Allowed waits until kube-apiserver lets a user do something in all namespaces, as a binding made just now says, or no longer (want
// false): its authorizer follows roles and bindings, a moment late. The resource is a name with its group, such as
// pricetables.tollgate.dev, which need not be served yet, or * for any.
func Allowed(tb testing.TB, admin *cluster.Kubectl, user cluster.User, want bool, verb, resource string) {
	tb.Helper()
	name, group, _ := strings.Cut(resource, ".")
	if name == "*" {
		group = "*"
	}
	review, err := json.Marshal(authorizationv1.SubjectAccessReview{
		TypeMeta: metav1.TypeMeta{APIVersion: authorizationv1.SchemeGroupVersion.String(), Kind: "SubjectAccessReview"},
		Spec: authorizationv1.SubjectAccessReviewSpec{
			User: user.Name, Groups: user.Groups,
			ResourceAttributes: &authorizationv1.ResourceAttributes{Verb: verb, Group: group, Resource: name},
		},
	})
	if err != nil {
		tb.Fatal(err)
	}
	answer := map[bool]string{true: "true", false: "false"}[want]
	for deadline := time.Now().Add(startTimeout); ; time.Sleep(50 * time.Millisecond) {
		out, _, err := admin.RunInput(tb.Context(), review, "create", "-f", "-", "-o", "jsonpath={.status.allowed}")
		if err == nil && out == answer {
			return
		}
		if time.Now().After(deadline) {
			tb.Fatalf("may %s %s %s: never %s, but %q, %v", user.Name, verb, resource, answer, out, err)
		}
	}
}
