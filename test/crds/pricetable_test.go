package crds

import (
	"fmt"
	"testing"
)

// prices is a PriceTable in YAML with these entries.
func prices(models ...string) string {
	text := "apiVersion: tollgate.dev/v1alpha1\nkind: PriceTable\nmetadata: {name: default}\nspec:\n  models:\n"
	for _, m := range models {
		text += "  - {" + m + "}\n"
	}
	return text
}

func TestPriceTable(t *testing.T) {
	verdicts := []verdict{
		{
			name: "everything",
			object: prices(
				`provider: openai, model: gpt-4.1, input: "2", output: "8", cacheRead: "0.5", cacheWrite: "0", tiers: [{aboveTokens: 200000, input: "4"}]`,
				`provider: openai, model: gpt-4.1, effectiveFrom: "2026-12-01T00:00:00Z", input: "1.5", output: "6"`,
				`model: text-embedding-3-small, mode: Embedding, input: "0.02"`,
				`model: flat, perRequest: "0.01", perRequestOnly: true, override: true, source: {format: manual}`,
			),
		},
		{name: "no model", object: prices(`input: "1"`), wantErrors: []string{"spec.models[0].model: Required"}},
		{name: "a model twice", object: prices(`model: a, input: "1"`, `model: a, input: "2"`), wantErrors: []string{"spec.models[1]: Duplicate value"}},
		{name: "a model of two providers", object: prices(`model: a, input: "1"`, `provider: x, model: a, input: "2"`)},
		{name: "a date that is none", object: prices(`model: a, effectiveFrom: "tomorrow"`), wantErrors: []string{"spec.models[0].effectiveFrom: Invalid value"}},
		{name: "an unknown mode", object: prices(`model: a, mode: Chatty`), wantErrors: []string{"spec.models[0].mode: Unsupported value"}},
		{name: "a tier above nothing", object: prices(`model: a, tiers: [{aboveTokens: 0}]`), wantErrors: []string{"should be greater than or equal to 1"}},
		{name: "a tier twice", object: prices(`model: a, tiers: [{aboveTokens: 5}, {aboveTokens: 5}]`), wantErrors: []string{"tiers[1]: Duplicate value"}},
	}
	for _, price := range []string{"0", "0.15", "75", "0.000000001", "1000000"} {
		verdicts = append(verdicts, verdict{name: "the price " + price, object: prices(fmt.Sprintf("model: a, input: %q", price))})
	}
	for _, price := range []string{"", "-1", "1e-6", "$1", "1,5", ".5", "5.", "0.0000000001", "10000000", "NaN"} {
		for _, field := range []string{"input", "output", "perRequest"} {
			verdicts = append(verdicts, verdict{
				name: fmt.Sprintf("%s at %q", field, price), object: prices(fmt.Sprintf("model: a, %s: %q", field, price)),
				wantErrors: []string{"spec.models[0]." + field + ": Invalid value", "should match"},
			})
		}
	}
	checkVerdicts(t, "pricetables", verdicts)
}
