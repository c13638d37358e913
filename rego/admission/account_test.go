package admission_test

import (
	"testing"

	authenticationv1 "k8s.io/api/authentication/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"tollgate.dev/tollgate/rego/admission"
	"tollgate.dev/tollgate/rego/engine"
	"tollgate.dev/tollgate/rego/inventory"
	"tollgate.dev/tollgate/rego/settings"
	"tollgate.dev/tollgate/rego/subject"
)

// TestAccountByTheNewestSnapshot: an organization's requests are its own as soon as it is known.
func TestAccountByTheNewestSnapshot(t *testing.T) {
	t.Parallel()
	e := engine.New(engine.Options{})
	j := admission.New(e, admission.Options{})
	ann := &authenticationv1.UserInfo{Username: "ann"}
	own := subject.Account{Kind: subject.AccountUser, Name: "ann"}
	if got := j.Account("ns", ann); got != own {
		t.Errorf("before anything is known: %+v", got)
	}
	b := inventory.NewBuilder(settings.Default())
	e.UseInventory(b.Build())
	if got := j.Account("ns", ann); got != own {
		t.Errorf("in a namespace that nobody owns: %+v", got)
	}
	b.Put(&unstructured.Unstructured{Object: map[string]any{
		"apiVersion": "tollgate.dev/v1alpha1", "kind": "Organization", "metadata": map[string]any{"name": "acme"},
		"spec": map[string]any{"namespaces": []any{"ns"}},
	}})
	e.UseInventory(b.Build())
	if got, want := j.Account("ns", ann), (subject.Account{Kind: subject.AccountOrganization, Name: "acme"}); got != want {
		t.Errorf("in its namespace: %+v, want %+v", got, want)
	}
}
