package violation_test

import (
	"flag"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apiserver/pkg/endpoints/request"
	"sigs.k8s.io/yaml"

	"tollgate.dev/tollgate/apiserver/page"
	"tollgate.dev/tollgate/apiserver/violation"
)

var update = flag.Bool("update", false, "write the goldens")

func TestTables(t *testing.T) {
	t.Parallel()
	w := newWorld()
	list, err := namespaced(w).List(request.WithNamespace(t.Context(), ""), nil)
	if err != nil {
		t.Fatal(err)
	}
	table, err := namespaced(w).ConvertToTable(t.Context(), list, nil)
	if err != nil {
		t.Fatal(err)
	}
	golden(t, "namespaced.yaml", table)
	cluster := violation.NewCluster(w, page.NewIssuer(nil), w)
	all, err := cluster.List(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	if table, err = cluster.ConvertToTable(t.Context(), all, &metav1.TableOptions{NoHeaders: true}); err != nil {
		t.Fatal(err)
	}
	golden(t, "cluster.yaml", table)
	if _, err := cluster.ConvertToTable(t.Context(), &metav1.Status{}, nil); err == nil {
		t.Error("what is no violation became a table of violations")
	}
}

func golden(t *testing.T, name string, table *metav1.Table) {
	t.Helper()
	table = table.DeepCopy()
	for i := range table.Rows {
		table.Rows[i].Object.Raw, table.Rows[i].Object.Object = nil, nil
	}
	got, err := yaml.Marshal(table)
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join("testdata", name)
	if *update {
		if err := os.MkdirAll("testdata", 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, got, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), string(got)); diff != "" {
		t.Errorf("%s (-golden +got; -update writes it):\n%s", path, diff)
	}
}
