package merge_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"sigs.k8s.io/yaml"

	"tollgate.dev/tollgate/apis/tollgate/v1alpha1"
	"tollgate.dev/tollgate/metering/pricetable/importer"
	"tollgate.dev/tollgate/metering/pricetable/merge"
)

var begin = time.Date(2026, 11, 20, 12, 30, 45, 0, time.UTC)

const current = `
metadata: {name: default}
spec:
  models:
  - {provider: openai, model: steady, input: "1", output: "2.0", source: {format: litellm}}
  - {provider: openai, model: dearer, input: "1", output: "2", cacheRead: "0.5", source: {format: litellm}}
  - {provider: openai, model: cheaper, input: "3", output: "9", source: {format: litellm}}
  - {provider: openai, model: was-free, input: "0", output: "2"}
  - {provider: openai, model: longer, input: "1", output: "2", tiers: [{aboveTokens: 200000, input: "2"}]}
  - {provider: openai, model: by-hand, input: "0.5", output: "1", override: true}
  - {provider: openai, model: by-hand-and-agreed, input: "1", output: "2", override: true}
  - {provider: openai, model: scheduled, input: "1", output: "2"}
  - {provider: openai, model: scheduled, input: "7", output: "8", effectiveFrom: "2027-01-01T00:00:00Z"}
  - {provider: openai, model: broken, input: "one", output: "2"}
  - {provider: openai, model: twice, input: "1", output: "2", effectiveFrom: "2026-01-01T00:00:00Z"}
  - {provider: openai, model: twice, input: "1", output: "3", effectiveFrom: "2026-01-01T01:00:00+01:00"}
  - {provider: openai, model: twice-agreed, input: "1", output: "3", effectiveFrom: "2026-01-01T00:00:00Z"}
  - {provider: openai, model: twice-agreed, input: "1", output: "2", effectiveFrom: "2026-01-01T01:00:00+01:00"}
  - {provider: openai, model: gone, input: "1", output: "2", source: {format: litellm}}
  - {provider: openai, model: gone, input: "2", output: "3", effectiveFrom: "2026-06-01T00:00:00Z", source: {format: litellm}}
  - {provider: openai, model: gone-by-hand, input: "1", output: "2", override: true, source: {format: litellm}}
  - {provider: other, model: from-elsewhere, input: "1", output: "2", source: {format: genai-prices}}
  - {provider: openai, model: now-per-image, input: "1", output: "2", source: {format: litellm}}
`

const listed = `{
"steady":{"litellm_provider":"openai","input_cost_per_token":1e-06,"output_cost_per_token":2e-06},
"dearer":{"litellm_provider":"openai","input_cost_per_token":1.25e-06,"output_cost_per_token":2e-06,"output_cost_per_audio_token":8e-05,"input_cost_per_request":0.001},
"cheaper":{"litellm_provider":"openai","input_cost_per_token":2e-06,"output_cost_per_token":9e-06},
"was-free":{"litellm_provider":"openai","input_cost_per_token":1e-06,"output_cost_per_token":2e-06},
"longer":{"litellm_provider":"openai","input_cost_per_token":1e-06,"output_cost_per_token":2e-06,"input_cost_per_token_above_200k_tokens":3e-06,"output_cost_per_token_above_200k_tokens":5e-06},
"by-hand":{"litellm_provider":"openai","input_cost_per_token":1e-06,"output_cost_per_token":2e-06},
"by-hand-and-agreed":{"litellm_provider":"openai","input_cost_per_token":1e-06,"output_cost_per_token":2e-06},
"scheduled":{"litellm_provider":"openai","input_cost_per_token":1e-06,"output_cost_per_token":2e-06},
"broken":{"litellm_provider":"openai","input_cost_per_token":1e-06,"output_cost_per_token":2e-06},
"twice":{"litellm_provider":"openai","input_cost_per_token":1e-06,"output_cost_per_token":2e-06},
"twice-agreed":{"litellm_provider":"openai","input_cost_per_token":1e-06,"output_cost_per_token":2e-06},
"now-per-image":{"litellm_provider":"openai","output_cost_per_image":0.04,"mode":"image_generation"},
"wrong":{"litellm_provider":"openai","input_cost_per_token":-1e-06,"output_cost_per_token":2e-06},
"embed":{"litellm_provider":"openai","mode":"embedding","input_cost_per_token":2e-08},
"new":{"litellm_provider":"openai","input_cost_per_token":1e-06,"output_cost_per_token":2e-06,"cache_read_input_token_cost":1e-07,"input_cost_per_token_above_200k_tokens":3e-06}
}`

const dated = `[{"id":"openai","models":[
{"id":"steady","match":{"equals":"steady"},"prices":[
  {"prices":{"input_mtok":9,"output_mtok":9}},
  {"constraint":{"start_date":"2026-01-01"},"prices":{"input_mtok":1,"output_mtok":2}},
  {"constraint":{"start_date":"2027-02-01"},"prices":{"input_mtok":4,"output_mtok":5}}]},
{"id":"scheduled","match":{"equals":"scheduled"},"prices":[
  {"prices":{"input_mtok":1,"output_mtok":2}},
  {"constraint":{"start_date":"2027-01-01"},"prices":{"input_mtok":6,"output_mtok":8}}]},
{"id":"cheaper","match":{"equals":"cheaper"},"prices":[
  {"constraint":{"start_date":"2027-03-01"},"prices":{"input_mtok":2,"output_mtok":8}}]},
{"id":"new","match":{"equals":"new"},"prices":[
  {"prices":{"input_mtok":1,"output_mtok":2}},
  {"constraint":{"start_date":"2026-01-01"},"prices":{"input_mtok":1,"output_mtok":1}}]}
]}]`

func table(t testing.TB, text string) *v1alpha1.PriceTable {
	t.Helper()
	var object v1alpha1.PriceTable
	if err := yaml.UnmarshalStrict([]byte(text), &object); err != nil {
		t.Fatal(err)
	}
	return &object
}

func list(t testing.TB, text string, format importer.Format) *importer.List {
	t.Helper()
	l, err := importer.Read(strings.NewReader(text), format, importer.Options{})
	if err != nil {
		t.Fatal(err)
	}
	return l
}

// golden compares with a file of testdata; UPDATE_GOLDEN=1 writes it anew.
func golden(t *testing.T, name, got string) {
	t.Helper()
	file := filepath.Join("testdata", name)
	if os.Getenv("UPDATE_GOLDEN") != "" {
		if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(string(want), got); d != "" {
		t.Fatal(d)
	}
}

// brief is a table's entries without their sources, one line each.
func brief(t *testing.T, p *v1alpha1.PriceTable) string {
	t.Helper()
	var b strings.Builder
	for _, e := range p.Spec.Models {
		e.Source = nil
		text, err := yaml.Marshal(e)
		if err != nil {
			t.Fatal(err)
		}
		b.WriteString(strings.ReplaceAll(strings.TrimSpace(string(text)), "\n", " ") + "\n")
	}
	return b.String()
}

func TestMerge(t *testing.T) {
	tests := []struct {
		name    string
		current string
		list    string
		format  importer.Format
		opts    merge.Options
	}{
		{name: "import", current: current, list: listed, format: importer.LiteLLM},
		{name: "prune", current: current, list: listed, format: importer.LiteLLM, opts: merge.Options{Prune: true}},
		{name: "prune some", current: current, list: listed, format: importer.LiteLLM,
			opts: merge.Options{Prune: true, Only: func(_, model string) bool { return model != "gone" }}},
		{name: "dated", current: current, list: dated, format: importer.GenAIPrices},
		{name: "first", list: dated, format: importer.GenAIPrices},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var before *v1alpha1.PriceTable
			if tt.current != "" {
				before = table(t, tt.current)
			}
			untouched := before.DeepCopy()
			tt.opts.EffectiveFrom = begin
			after, diff := merge.Merge(before, list(t, tt.list, tt.format), tt.opts)
			if d := cmp.Diff(untouched, before); d != "" {
				t.Fatal("the present table was changed", d)
			}
			var out strings.Builder
			if err := diff.Print(&out, false); err != nil {
				t.Fatal(err)
			}
			golden(t, strings.ReplaceAll(tt.name, " ", "-")+".golden", out.String()+"\n"+brief(t, after))

			again, second := merge.Merge(after, list(t, tt.list, tt.format), tt.opts)
			if !second.Empty() {
				t.Errorf("the same import again changes something: %+v", second.Changes)
			}
			if d := cmp.Diff(brief(t, after), brief(t, again)); d != "" {
				t.Error(d)
			}
		})
	}
}

func TestBetween(t *testing.T) {
	before, after := table(t, current), table(t, current)
	models := after.Spec.Models
	*models[1].Input = "2"
	models[0].Source = nil // says nothing of the price
	after.Spec.Models = append(models[:len(models)-1], v1alpha1.ModelPrice{Provider: "openai", Model: "new", Rates: models[0].Rates})
	var out strings.Builder
	if err := merge.Between(before, after).Print(&out, true); err != nil {
		t.Fatal(err)
	}
	golden(t, "between.golden", out.String())
	if d := merge.Between(before, before); !d.Empty() {
		t.Fatalf("a table differs from itself: %+v", d.Changes)
	}
	if d := merge.Between(nil, before); d.Count(merge.Added) != len(before.Spec.Models)-2 { // two times two share an instant
		t.Fatalf("%d added to nothing", d.Count(merge.Added))
	}
}

func TestPrintShortens(t *testing.T) {
	d := &merge.Diff{Notes: []importer.Note{{Text: "a note", Models: strings.Split("a b c d e f g", " ")}}}
	for _, m := range strings.Split("a b c d e f g", " ") {
		d.Skipped = append(d.Skipped, importer.Left{Provider: "p", Model: m, Reason: "a reason"})
	}
	var few, all strings.Builder
	if err := d.Print(&few, false); err != nil {
		t.Fatal(err)
	}
	if err := d.Print(&all, true); err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(few.String(), "p/e and 2 more") || strings.Contains(few.String(), "p/f") || !strings.Contains(all.String(), "p/f, p/g\n") {
		t.Fatalf("%s\n%s", few.String(), all.String())
	}
	if err := d.Print(failing{}, true); err == nil {
		t.Fatal("an error of the writer is lost")
	}
}

type failing struct{}

func (failing) Write([]byte) (int, error) { return 0, os.ErrClosed }
