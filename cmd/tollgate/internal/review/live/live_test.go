package live

import (
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strconv"
	"testing"

	"github.com/google/go-cmp/cmp"
	"k8s.io/apimachinery/pkg/api/meta"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/client-go/dynamic"
	"k8s.io/client-go/rest"
)

// TestListReadsEveryPage: a cluster gives its objects in pages, and the last one
// counts as the first.
func TestListReadsEveryPage(t *testing.T) {
	t.Parallel()
	ingress := schema.GroupVersionKind{Group: "networking.k8s.io", Version: "v1", Kind: "Ingress"}
	pages := map[string]struct{ name, next string }{"": {"a", "1"}, "1": {"b", "2"}, "2": {"c", ""}}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		one, there := pages[r.URL.Query().Get("continue")]
		if !there || r.URL.Path != "/apis/networking.k8s.io/v1/ingresses" || r.URL.Query().Get("limit") != strconv.Itoa(page) {
			http.NotFound(w, r)
			return
		}
		w.Header().Set("Content-Type", "application/json")
		fmt.Fprintf(w, `{"apiVersion":"networking.k8s.io/v1","kind":"IngressList","metadata":{"continue":%q},"items":[{"metadata":{"name":%q}}]}`, one.next, one.name)
	}))
	defer server.Close()
	client, err := dynamic.NewForConfig(&rest.Config{Host: server.URL})
	if err != nil {
		t.Fatal(err)
	}
	mapper := meta.NewDefaultRESTMapper(nil)
	mapper.Add(ingress, meta.RESTScopeNamespace)
	c := &Cluster{client: client, mapper: mapper}
	var got []string
	put := func(u *unstructured.Unstructured) error {
		got = append(got, u.GetName())
		return nil
	}
	if err := c.List(t.Context(), ingress.GroupKind(), "v1", put); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"a", "b", "c"}, got); diff != "" {
		t.Errorf("objects (-want +got):\n%s", diff)
	}
	if err := c.List(t.Context(), schema.GroupKind{Group: "extensions.higress.io", Kind: "WasmPlugin"}, "", put); err != nil || len(got) != 3 {
		t.Errorf("a kind that the cluster does not have: %q, %v", got, err)
	}
	stop := errors.New("enough")
	if err := c.List(t.Context(), ingress.GroupKind(), "v1", func(*unstructured.Unstructured) error { return stop }); !errors.Is(err, stop) {
		t.Errorf("what put says is lost: %v", err)
	}
}
