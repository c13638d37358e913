package importer_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"sigs.k8s.io/yaml"

	"tollgate.dev/tollgate/metering/pricetable/importer"
)

// fixture opens a hand-written list.
func fixture(t testing.TB, name string) string {
	t.Helper()
	data, err := os.ReadFile(filepath.Join("testdata", name))
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

// render writes a list for a golden file.
func render(t *testing.T, l *importer.List) string {
	t.Helper()
	var b strings.Builder
	for _, m := range l.Models {
		for i := range m.Prices {
			m.Prices[i].Source = nil
		}
		text, err := yaml.Marshal(m.Prices)
		if err != nil {
			t.Fatal(err)
		}
		b.Write(text)
	}
	for _, s := range l.Skipped {
		fmt.Fprintf(&b, "# skipped %s: %s\n", importer.Name(s.Provider, s.Model), s.Reason)
	}
	for _, s := range l.Bad {
		fmt.Fprintf(&b, "# bad %s: %s\n", importer.Name(s.Provider, s.Model), s.Reason)
	}
	for _, n := range l.Notes {
		fmt.Fprintf(&b, "# note %s: %s\n", n.Text, strings.Join(n.Models, ", "))
	}
	return b.String()
}

// TestGolden reads hand-written lists of each format. UPDATE_GOLDEN=1 writes
// the golden files anew.
func TestGolden(t *testing.T) {
	tests := []struct {
		name   string
		file   string
		format importer.Format
	}{
		{name: "litellm", file: "litellm.json", format: importer.LiteLLM},
		{name: "models.dev", file: "modelsdev.json", format: importer.ModelsDev},
		{name: "genai-prices", file: "genaiprices.json", format: importer.GenAIPrices},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			l, err := importer.Read(strings.NewReader(fixture(t, tt.file)), tt.format, importer.Options{})
			if err != nil {
				t.Fatal(err)
			}
			got := render(t, l)
			golden := filepath.Join("testdata", strings.TrimSuffix(tt.file, ".json")+".golden")
			if os.Getenv("UPDATE_GOLDEN") != "" {
				if err := os.WriteFile(golden, []byte(got), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(golden)
			if err != nil {
				t.Fatal(err)
			}
			if d := cmp.Diff(string(want), got); d != "" {
				t.Fatal(d)
			}
		})
	}
}
