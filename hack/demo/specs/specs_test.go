package specs_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"tollgate.dev/tollgate/hack/demo/specs"
)

func TestLoadTheExamples(t *testing.T) {
	t.Parallel()
	s, err := specs.Load(filepath.Join("..", "..", "..", "manifests", "examples"))
	if err != nil {
		t.Fatal(err)
	}
	var projects []string
	for _, o := range s.Directory.Organizations() {
		for _, p := range s.Directory.ProjectsOf(o.Name()) {
			projects = append(projects, o.Name()+"/"+p.Project.Name)
		}
	}
	if diff := cmp.Diff([]string{"acme/chat", "acme/search", "globex/chat"}, projects); diff != "" {
		t.Error(diff)
	}
	acme, ok := s.Directory.Organization("acme")
	if !ok {
		t.Fatal("no acme")
	}
	table, models := s.Prices(acme.Organization)
	if table == nil || !strings.Contains(strings.Join(models, " "), "gpt-4o-mini") {
		t.Errorf("prices: %v, %v", table, models)
	}
	other := acme.Organization.DeepCopy()
	other.Spec.PriceTable = "none"
	if table, models := s.Prices(other); table != nil || models != nil {
		t.Errorf("prices of a table that is not there: %v, %v", table, models)
	}
}

func TestLoadRefuses(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ name, text string }{
		{name: "nothing"},
		{name: "a typing mistake", text: "kind: Project\nspec: {organisation: acme}\n"},
		{name: "no YAML", text: "{"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			if tt.text != "" {
				if err := os.WriteFile(filepath.Join(dir, "a.yaml"), []byte(tt.text), 0o600); err != nil {
					t.Fatal(err)
				}
			}
			if _, err := specs.Load(dir); err == nil {
				t.Error("taken")
			}
		})
	}
}

func TestLedgerAddresses(t *testing.T) {
	t.Parallel()
	if _, _, err := specs.OpenLedger("http://user:secret@x"); err == nil || strings.Contains(err.Error(), "secret") {
		t.Errorf("got %v", err)
	}
	_, done, err := specs.OpenLedger("redis://127.0.0.1:1")
	if err != nil {
		t.Fatal(err)
	}
	if err := done(); err != nil {
		t.Error(err)
	}
}
