package violation_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/apis/meta/internalversion"
	"k8s.io/apimachinery/pkg/fields"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apiserver/pkg/endpoints/request"
	"pgregory.net/rapid"

	policy "tollgate.dev/tollgate/apis/policy/v1alpha1"
	"tollgate.dev/tollgate/apiserver/page"
	"tollgate.dev/tollgate/apiserver/violation"
)

// world is what an auditor finds, by namespace.
type world struct {
	found  map[string][]violation.Finding
	judged []string
	err    error
	notYet error
}

func (w *world) Begin() (violation.Audit, error) {
	if w.notYet != nil {
		return nil, w.notYet
	}
	return w, nil
}

func (w *world) Namespaces() []string {
	var out []string
	for ns := range w.found {
		if ns != "" {
			out = append(out, ns)
		}
	}
	slices.Sort(out)
	return out
}

func (w *world) Judge(_ context.Context, namespace string) ([]violation.Finding, error) {
	w.judged = append(w.judged, namespace)
	return w.found[namespace], w.err
}

func (w *world) Answered(string, int, time.Duration) {}

func finding(policyID, severity, kind, namespace, name, message string) violation.Finding {
	f := violation.Finding{
		Policy: policyID, Title: "Title of " + policyID, Severity: severity, Action: "Deny", Field: "spec.rules[0].host", Message: message, Remedy: "Do better.",
		Object: violation.Object{APIVersion: "networking.k8s.io/v1", Kind: kind, Namespace: namespace, Name: name, UID: "6f0f6c1e-59f6-4a22-9f2c-5d2f6a3a7f10"},
	}
	if strings.HasPrefix(namespace, "acme") {
		f.Organization = "acme"
	}
	return f
}

func newWorld() *world {
	return &world{found: map[string][]violation.Finding{
		"acme-chat": {
			finding("route-hosts", "Critical", "Ingress", "acme-chat", "web", "globex.example is not a host of this organization, and it is long enough not to fit."),
			finding("route-hosts", "Critical", "HTTPRoute", "acme-chat", "web", "the same"),
			finding("route-hosts", "Critical", "HTTPRoute", "acme-chat", "web", "the same"),
		},
		"globex-x": {finding("wasmplugin-digest", "High", "WasmPlugin", "globex-x", "p", "no digest")},
		"other":    {finding("requester", "Low", "Ingress", "other", "a", "nobody owns this")},
		"":         {finding("project-prices", "Medium", "PriceTable", "", "default", "unpriced")},
	}}
}

func namespaced(w *world) *violation.Namespaced {
	return violation.NewNamespaced(w, page.NewIssuer([]byte("key")), w)
}

func options(t testing.TB, label, field string, limit int64, token string) *internalversion.ListOptions {
	t.Helper()
	l, err := labels.Parse(label)
	if err != nil {
		t.Fatal(err)
	}
	f, err := fields.ParseSelector(field)
	if err != nil {
		t.Fatal(err)
	}
	return &internalversion.ListOptions{LabelSelector: l, FieldSelector: f, Limit: limit, Continue: token}
}

func TestList(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, namespace, labels, fields string
		limit                           int64
		want, judged                    string
		refused                         string
	}{
		{name: "all", want: "acme-chat/HTTPRoute acme-chat/Ingress globex-x/WasmPlugin other/Ingress", judged: "acme-chat globex-x other"},
		{name: "one namespace", namespace: "acme-chat", want: "acme-chat/HTTPRoute acme-chat/Ingress", judged: "acme-chat"},
		{name: "a namespace without any", namespace: "empty", judged: "empty"},
		{name: "a page judges no more than it needs", limit: 1, want: "acme-chat/HTTPRoute", judged: "acme-chat"},
		{name: "by kind", fields: "kind=Ingress", want: "acme-chat/Ingress other/Ingress", judged: "acme-chat globex-x other"},
		{name: "by severity and policy", fields: "severity=Critical,policy=route-hosts,action=Deny,object=web", want: "acme-chat/HTTPRoute acme-chat/Ingress", judged: "acme-chat globex-x other"},
		{name: "by label", labels: "organization=acme,kind!=Ingress", want: "acme-chat/HTTPRoute", judged: "acme-chat globex-x other"},
		{name: "of a namespace by field", fields: "metadata.namespace=other", want: "other/Ingress", judged: "other"},
		{name: "of two namespaces at once", namespace: "acme-chat", fields: "metadata.namespace=other"},
		{name: "unknown field", fields: "spec.policy=x", refused: "metadata.name, metadata.namespace, policy"},
		{name: "unknown label", labels: "project=x", refused: "policy, kind, severity, organization"},
		{name: "another operator", fields: "kind!=Ingress", refused: "only ="},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			w := newWorld()
			ctx := request.WithNamespace(t.Context(), tt.namespace)
			obj, err := namespaced(w).List(ctx, options(t, tt.labels, tt.fields, tt.limit, ""))
			if tt.refused != "" {
				if !apierrors.IsBadRequest(err) || !strings.Contains(err.Error(), tt.refused) {
					t.Errorf("%v, want a 400 that says %q", err, tt.refused)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			list := obj.(*policy.PolicyViolationList)
			var got []string
			for _, v := range list.Items {
				got = append(got, v.Namespace+"/"+v.Spec.Object.Kind)
			}
			if diff := cmp.Diff(tt.want, strings.Join(got, " ")); diff != "" {
				t.Error(diff)
			}
			if diff := cmp.Diff(tt.judged, strings.Join(w.judged, " ")); diff != "" {
				t.Errorf("namespaces that were judged: %s", diff)
			}
			if (list.Continue != "") != (tt.limit > 0) || list.RemainingItemCount != nil || list.ResourceVersion != "" {
				t.Errorf("metadata %+v", list.ListMeta)
			}
		})
	}
}

// Peers show twenty of a policy, or so many that etcd is full: here all are there.
func TestNothingIsCapped(t *testing.T) {
	t.Parallel()
	const all = 20_000
	w := &world{found: map[string][]violation.Finding{}}
	for i := range all {
		ns := []string{"a", "b"}[i%2]
		w.found[ns] = append(w.found[ns], finding("route-hosts", "High", "Ingress", ns, fmt.Sprintf("i-%05d", i), "no host of this organization"))
	}
	obj, err := namespaced(w).List(request.WithNamespace(t.Context(), ""), nil)
	if err != nil {
		t.Fatal(err)
	}
	if list := obj.(*policy.PolicyViolationList); len(list.Items) != all || list.Continue != "" {
		t.Errorf("%d violations, and continue %q; there are %d", len(list.Items), list.Continue, all)
	}
}

func TestGet(t *testing.T) {
	t.Parallel()
	w := newWorld()
	ctx := request.WithNamespace(t.Context(), "other")
	all, err := namespaced(w).List(ctx, nil)
	if err != nil {
		t.Fatal(err)
	}
	want := all.(*policy.PolicyViolationList).Items[0]
	got, err := namespaced(w).Get(ctx, want.Name, nil)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(&want, got); diff != "" {
		t.Error(diff)
	}
	if _, err := namespaced(w).Get(request.WithNamespace(t.Context(), "acme-chat"), want.Name, nil); !apierrors.IsNotFound(err) {
		t.Errorf("from another namespace: %v, want a 404", err)
	}
	if _, err := violation.NewCluster(w, page.NewIssuer(nil), w).Get(t.Context(), "missing", nil); !apierrors.IsNotFound(err) {
		t.Errorf("got %v, want a 404", err)
	}
}

func TestFailures(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name  string
		world *world
		want  func(error) bool
	}{
		{name: "not ready", world: &world{notYet: errors.New("the policies were not read")}, want: apierrors.IsServiceUnavailable},
		{name: "out of time", world: &world{err: fmt.Errorf("judging: %w", context.DeadlineExceeded)}, want: apierrors.IsTimeout},
		{name: "broken", world: &world{err: errors.New("no")}, want: apierrors.IsInternalError},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			ctx := request.WithNamespace(t.Context(), "a")
			if _, err := namespaced(tt.world).List(ctx, nil); !tt.want(err) {
				t.Errorf("list: %v", err)
			}
			if _, err := namespaced(tt.world).Get(ctx, "x", nil); !tt.want(err) {
				t.Errorf("get: %v", err)
			}
			c := violation.NewCluster(tt.world, page.NewIssuer(nil), tt.world)
			if _, err := c.List(t.Context(), nil); !tt.want(err) {
				t.Errorf("cluster list: %v", err)
			}
		})
	}
}

func TestPagesTogetherAreTheWholeList(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		w := &world{found: map[string][]violation.Finding{}}
		for i := range rapid.IntRange(0, 30).Draw(t, "findings") {
			ns := rapid.SampledFrom([]string{"a", "a-b", "b", "c"}).Draw(t, "namespace")
			name := rapid.SampledFrom([]string{"x", "y"}).Draw(t, "name")
			w.found[ns] = append(w.found[ns], finding("p"+fmt.Sprint(i%3), "Low", "Ingress", ns, name, fmt.Sprint("m", i%7)))
		}
		ctx := request.WithNamespace(context.Background(), "")
		names := func(items []policy.PolicyViolation) (out []string) {
			for _, v := range items {
				out = append(out, v.Namespace+"\x00"+v.Name)
			}
			return out
		}
		whole, err := namespaced(w).List(ctx, nil)
		if err != nil {
			t.Fatal(err)
		}
		want := names(whole.(*policy.PolicyViolationList).Items)
		if !slices.IsSorted(want) {
			t.Fatalf("not sorted: %q", want)
		}
		var got []string
		limit, token := rapid.Int64Range(1, 10).Draw(t, "limit"), ""
		for range 100 {
			obj, err := namespaced(w).List(ctx, &internalversion.ListOptions{Limit: limit, Continue: token})
			if err != nil {
				t.Fatal(err)
			}
			list := obj.(*policy.PolicyViolationList)
			if int64(len(list.Items)) > limit {
				t.Fatalf("a page of %d rows, limit %d", len(list.Items), limit)
			}
			got = append(got, names(list.Items)...)
			if token = list.Continue; token == "" {
				break
			}
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Fatalf("pages differ from the list (-list +pages):\n%s", diff)
		}
	})
}
