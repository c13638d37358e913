package subject_test

import (
	"encoding/json"
	"testing"

	"github.com/google/go-cmp/cmp"
	admissionv1 "k8s.io/api/admission/v1"
	authenticationv1 "k8s.io/api/authentication/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"sigs.k8s.io/yaml"

	"tollgate.dev/tollgate/apis/tollgate/v1alpha1"
	"tollgate.dev/tollgate/rego/inventory"
	"tollgate.dev/tollgate/rego/settings"
	"tollgate.dev/tollgate/rego/subject"
)

func build(tb testing.TB, manifests ...string) *inventory.Inventory {
	tb.Helper()
	b := inventory.NewBuilder(settings.Default())
	for _, m := range manifests {
		u := &unstructured.Unstructured{}
		if err := yaml.Unmarshal([]byte(m), &u.Object); err != nil {
			tb.Fatalf("manifest: %v\n%s", err, m)
		}
		b.Put(u)
	}
	return b.Build()
}

// platform is acme with two namespaces and globex with one, which both list
// zoe as a member.
func platform(tb testing.TB) *inventory.Inventory {
	return build(tb, `
apiVersion: tollgate.dev/v1alpha1
kind: Organization
metadata: {name: acme, uid: "1", creationTimestamp: "2026-01-01T00:00:00Z"}
spec:
  namespaces: [acme-chat, acme-web, kube-system, higress-system]
  members: {users: [alice, zoe], groups: [acme], serviceAccounts: [{namespace: ci, name: deployer}]}
  delegates: {users: [release-bot], groups: [gitops], serviceAccounts: [{namespace: argocd, name: application-controller}]}
`, `
apiVersion: tollgate.dev/v1alpha1
kind: Organization
metadata: {name: globex, uid: "2", creationTimestamp: "2026-01-02T00:00:00Z"}
spec: {namespaces: [globex], members: {users: [zoe], groups: [globex]}}
`,
		"{apiVersion: v1, kind: Namespace, metadata: {name: acme-chat}}",
		"{apiVersion: v1, kind: Namespace, metadata: {name: acme-web}, status: {phase: Terminating}}",
		"{apiVersion: v1, kind: Namespace, metadata: {name: higress-system}}",
		"{apiVersion: v1, kind: Namespace, metadata: {name: other}}",
	)
}

func user(name string, groups ...string) authenticationv1.UserInfo {
	return authenticationv1.UserInfo{Username: name, Groups: groups}
}

// account is a service account as kube-apiserver authenticates it.
func account(namespace, name string) authenticationv1.UserInfo {
	return user("system:serviceaccount:"+namespace+":"+name, "system:serviceaccounts", "system:serviceaccounts:"+namespace, "system:authenticated")
}

func labelled(organization string) runtime.RawExtension {
	meta := map[string]any{"name": "x"}
	if organization != "" {
		meta["labels"] = map[string]any{v1alpha1.LabelOrganization: organization}
	}
	raw, err := json.Marshal(map[string]any{"metadata": meta})
	if err != nil {
		panic(err)
	}
	return runtime.RawExtension{Raw: raw}
}

func request(namespace string, op admissionv1.Operation, object, old runtime.RawExtension, by authenticationv1.UserInfo) *admissionv1.AdmissionRequest {
	return &admissionv1.AdmissionRequest{
		Kind: metav1.GroupVersionKind{Group: "networking.k8s.io", Version: "v1", Kind: "Ingress"}, Name: "x", Namespace: namespace,
		Operation: op, Object: object, OldObject: old, UserInfo: by,
	}
}

// Whose object it is.
func TestOwner(t *testing.T) {
	inv, s := platform(t), settings.Default()
	none := runtime.RawExtension{}
	clusterScoped := request("", admissionv1.Create, labelled("acme"), none, user("alice"))
	clusterScoped.Kind = metav1.GroupVersionKind{Group: "tollgate.dev", Version: "v1alpha1", Kind: "Organization"}
	namespaceObject := func(name, namespace string) *admissionv1.AdmissionRequest {
		r := request(namespace, admissionv1.Update, labelled(""), labelled(""), user("alice"))
		r.Kind, r.Name = metav1.GroupVersionKind{Version: "v1", Kind: "Namespace"}, name
		return r
	}
	for _, tc := range []struct {
		name string
		req  *admissionv1.AdmissionRequest
		want subject.Subject
	}{
		{
			name: "an owned namespace", req: request("acme-chat", admissionv1.Create, labelled(""), none, user("alice")),
			want: subject.Subject{Organization: "acme", Source: subject.SourceNamespace, Standing: subject.Member, NamespaceExists: true},
		},
		{
			name: "labels make no difference there", req: request("acme-chat", admissionv1.Create, labelled("globex"), none, user("alice")),
			want: subject.Subject{Organization: "acme", Source: subject.SourceNamespace, Standing: subject.Member, NamespaceExists: true},
		},
		{
			name: "a namespace being deleted", req: request("acme-web", admissionv1.Delete, none, labelled(""), user("alice")),
			want: subject.Subject{Organization: "acme", Source: subject.SourceNamespace, Standing: subject.Member, NamespaceExists: true, Terminating: true},
		},
		{
			name: "an owned namespace that is not there yet", req: request("globex", admissionv1.Create, labelled(""), none, user("alice")),
			want: subject.Subject{Organization: "globex", Source: subject.SourceNamespace, Standing: subject.Stranger},
		},
		{
			name: "an unowned namespace", req: request("other", admissionv1.Create, labelled("acme"), none, user("alice")),
			want: subject.Subject{Source: subject.SourceNone, Standing: subject.Stranger, Unowned: true, NamespaceExists: true},
		},
		{
			name: "the gateway's namespace, by label, whoever lists it", req: request("higress-system", admissionv1.Create, labelled("globex"), none, user("zoe")),
			want: subject.Subject{Organization: "globex", Source: subject.SourceLabel, Standing: subject.Member, InGateway: true, NamespaceExists: true},
		},
		{
			name: "the gateway's namespace without a label", req: request("higress-system", admissionv1.Create, labelled(""), none, user("alice")),
			want: subject.Subject{Source: subject.SourceNone, Standing: subject.Stranger, InGateway: true, NamespaceExists: true},
		},
		{
			name: "a changed label gains nothing", req: request("higress-system", admissionv1.Update, labelled("acme"), labelled("globex"), user("alice")),
			want: subject.Subject{Organization: "globex", Source: subject.SourceLabel, Standing: subject.Stranger, InGateway: true, NamespaceExists: true},
		},
		{
			name: "a label on what was the platform's gains nothing", req: request("higress-system", admissionv1.Update, labelled("acme"), labelled(""), user("alice")),
			want: subject.Subject{Source: subject.SourceNone, Standing: subject.Stranger, InGateway: true, NamespaceExists: true},
		},
		{
			name: "the old object's in a delete", req: request("higress-system", admissionv1.Delete, none, labelled("acme"), user("alice")),
			want: subject.Subject{Organization: "acme", Source: subject.SourceLabel, Standing: subject.Member, InGateway: true, NamespaceExists: true},
		},
		{
			name: "an organization that is not there", req: request("higress-system", admissionv1.Create, labelled("ghost"), none, user("alice")),
			want: subject.Subject{Organization: "ghost", Source: subject.SourceLabel, Standing: subject.Stranger, InGateway: true, NamespaceExists: true},
		},
		{
			name: "an object in no namespace", req: clusterScoped,
			want: subject.Subject{Source: subject.SourceCluster, Standing: subject.Stranger},
		},
		{
			name: "a Namespace itself", req: namespaceObject("acme-chat", "acme-chat"),
			want: subject.Subject{Organization: "acme", Source: subject.SourceNamespace, Standing: subject.Member, NamespaceExists: true},
		},
		{
			name: "a Namespace itself, as review has it", req: namespaceObject("acme-chat", ""),
			want: subject.Subject{Organization: "acme", Source: subject.SourceNamespace, Standing: subject.Member, NamespaceExists: true},
		},
		{
			name: "the gateway's Namespace itself", req: namespaceObject("higress-system", "higress-system"),
			want: subject.Subject{Source: subject.SourceNone, Standing: subject.Stranger, InGateway: true, NamespaceExists: true},
		},
	} {
		t.Run(tc.name, func(t *testing.T) {
			got, err := subject.Of(inv, s, tc.req)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Errorf("subject (-want +got):\n%s", diff)
			}
		})
	}
}

// Where the owner cannot be known there is an error and no guess.
func TestOwnerUnknown(t *testing.T) {
	inv, s := platform(t), settings.Default()
	raw := func(text string) runtime.RawExtension { return runtime.RawExtension{Raw: []byte(text)} }
	for _, tc := range []struct {
		name string
		req  *admissionv1.AdmissionRequest
	}{
		{name: "a delete without the old object", req: request("higress-system", admissionv1.Delete, raw(""), raw(""), user("alice"))},
		{name: "an update without the old object", req: request("higress-system", admissionv1.Update, labelled("acme"), raw(""), user("alice"))},
		{name: "a create without an object", req: request("higress-system", admissionv1.Create, raw(""), raw(""), user("alice"))},
		{name: "an object that is no JSON", req: request("higress-system", admissionv1.Create, raw("{"), raw(""), user("alice"))},
		{name: "labels that are none", req: request("higress-system", admissionv1.Create, raw(`{"metadata":{"labels":[]}}`), raw(""), user("alice"))},
		{name: "a label that is no text", req: request("higress-system", admissionv1.Create, raw(`{"metadata":{"labels":{"tollgate.dev/organization":5}}}`), raw(""), user("alice"))},
	} {
		t.Run(tc.name, func(t *testing.T) {
			if got, err := subject.Of(inv, s, tc.req); err == nil {
				t.Errorf("no error but %+v", got)
			}
		})
	}
}

// A key that differs in case is another key.
func TestLabelsAreReadExactly(t *testing.T) {
	req := request("higress-system", admissionv1.Create,
		runtime.RawExtension{Raw: []byte(`{"metadata":{"labels":{}},"Metadata":{"labels":{"tollgate.dev/organization":"acme"}}}`)}, runtime.RawExtension{}, user("alice"))
	got, err := subject.Of(platform(t), settings.Default(), req)
	if err != nil {
		t.Fatal(err)
	}
	if got.Organization != "" {
		t.Errorf("organization %q from a field that does not exist", got.Organization)
	}
}

// Who asks, about an object of acme.
func TestStanding(t *testing.T) {
	inv, s := platform(t), settings.Default()
	pretended := func(name string, groups ...string) authenticationv1.UserInfo {
		return user("system:serviceaccount:"+name, groups...)
	}
	for _, tc := range []struct {
		name string
		by   authenticationv1.UserInfo
		want subject.Standing
	}{
		{name: "nobody", by: user(""), want: subject.Nobody},
		{name: "an anonymous caller is somebody", by: user("system:anonymous", "system:unauthenticated"), want: subject.Stranger},
		{name: "a caller without a name is somebody", by: user("", "system:authenticated"), want: subject.Stranger},
		{name: "an admin", by: user("root", "system:masters"), want: subject.Admin},
		{name: "an admin who is a member", by: user("alice", "system:masters"), want: subject.Admin},
		{name: "the API server", by: user("system:apiserver"), want: subject.System},
		{name: "a kube-system controller", by: account("kube-system", "generic-garbage-collector"), want: subject.System},
		{name: "Tollgate's controller", by: account("tollgate-system", "tollgate-controller"), want: subject.Controller},
		{name: "a neighbour of Tollgate's controller", by: account("tollgate-system", "other"), want: subject.Stranger},
		{name: "the console", by: account("higress-system", "higress-console"), want: subject.Console},
		{name: "a member by name", by: user("alice", "system:authenticated"), want: subject.Member},
		{name: "a member by group", by: user("bob", "acme", "system:authenticated"), want: subject.Member},
		{name: "a member of two organizations", by: user("zoe"), want: subject.Member},
		{name: "a listed service account", by: account("ci", "deployer"), want: subject.Member},
		{name: "a neighbour of a listed service account", by: account("ci", "other"), want: subject.Stranger},
		{name: "a service account of its namespaces", by: account("acme-web", "anything"), want: subject.Member},
		{name: "a service account of another organization's", by: account("globex", "default"), want: subject.Stranger},
		{name: "a delegate by name", by: user("release-bot"), want: subject.Delegate},
		{name: "a delegate by group", by: user("argo", "gitops"), want: subject.Delegate},
		{name: "a delegate's service account", by: account("argocd", "application-controller"), want: subject.Delegate},
		{name: "a member who is a delegate too", by: user("alice", "gitops"), want: subject.Member},
		{name: "another organization's member", by: user("hank", "globex"), want: subject.Stranger},
		{name: "names are exact", by: user("Alice"), want: subject.Stranger},
		{name: "a user with a member's service account's name", by: pretended("ci:deployer", "system:authenticated"), want: subject.Stranger},
		{name: "a user with the controller's name", by: pretended("tollgate-system:tollgate-controller", "system:authenticated"), want: subject.Stranger},
		{name: "a user with the controller's name and another namespace's groups", by: pretended("tollgate-system:tollgate-controller", "system:serviceaccounts", "system:serviceaccounts:globex"), want: subject.Stranger},
		{name: "a user with the console's name and half the groups", by: pretended("higress-system:higress-console", "system:serviceaccounts:higress-system"), want: subject.Stranger},
		{name: "a name with too many parts", by: pretended("acme-web:a:b", "system:serviceaccounts", "system:serviceaccounts:acme-web"), want: subject.Stranger},
		{name: "a pretender who is in a member group", by: pretended("x:y", "acme"), want: subject.Member},
		{name: "a service account's group is no service account", by: user("eve", "system:serviceaccounts", "system:serviceaccounts:acme-web"), want: subject.Stranger},
	} {
		t.Run(tc.name, func(t *testing.T) {
			got, err := subject.Of(inv, s, request("acme-chat", admissionv1.Create, labelled(""), runtime.RawExtension{}, tc.by))
			if err != nil {
				t.Fatal(err)
			}
			if got.Standing != tc.want {
				t.Errorf("standing %s, want %s", got.Standing, tc.want)
			}
		})
	}
}
