package apiserver_test

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	metering "tollgate.dev/tollgate/apis/metering/v1alpha1"
	"tollgate.dev/tollgate/test/apiserver/rig"
)

// oddPrices calls models that a PriceTable written by hand prices in the wrong
// unit, twice and not at all: they are unpriced, say why, and harm no others.
func oddPrices(t *testing.T, r *rig.Rig) {
	const table = `{"op": "add", "path": "/spec/models/-", "value": `
	patch := "[" + strings.Join([]string{
		table + `{"model": "per-token", "input": "0.0000025", "output": "0.00001"}}`,
		table + `{"model": "per-token-and-meant", "input": "0.0000025", "output": "0.00001", "override": true}}`,
		table + `{"model": "twice", "input": "1", "output": "1", "effectiveFrom": "2026-01-01T00:00:00Z"}}`,
		table + `{"model": "twice", "input": "2", "output": "2", "effectiveFrom": "2026-01-01T01:00:00+01:00"}}`,
	}, ", ") + "]"
	run(t, r.Admin, "patch", "pricetable", "default", "--type=json", "-p", patch)
	for _, model := range []string{"per-token", "per-token-and-meant", "twice", "unheard-of"} {
		called(t, r, "acme", "acme.chat.engineers.bob", model, 2, 2_000_000, 1_000_000)
	}
	for _, tt := range []struct {
		model, cost, cell string
		says              []string
	}{
		{model: "gpt-4o", cost: "4.50", cell: "4.50"},
		{model: "per-token-and-meant", cost: "0.000015", cell: "0.000015"},
		{model: "per-token", cell: "unpriced", says: []string{`model "per-token" of provider "openai" is unpriced`, "input price 0.0000025 is less than 0.0001 per million tokens", "override: true"}},
		{model: "twice", cell: "unpriced", says: []string{`model "twice" of provider "openai" is unpriced: it is priced more than once from 2026-01-01T00:00:00Z`}},
		{model: "unheard-of", cell: "unpriced", says: []string{`model "unheard-of" is unpriced: no price table lists it`}},
	} {
		t.Run(tt.model, func(t *testing.T) {
			args := []string{"get", "usage", "-n", "acme-chat", "--field-selector", "window=1h,model=" + tt.model}
			eventually(t, func(ctx context.Context) error {
				out, _, err := r.Admin.Run(ctx, append(args, "-o", "json")...)
				if err != nil {
					return err
				}
				return priced(out, tt.cost, tt.says)
			})
			if got := column(t, r, 3, args...); len(got) != 1 || got[0] != tt.cell {
				t.Errorf("the table shows %q, want %q", got, tt.cell)
			}
		})
	}
	// A sum with an unpriced part has no cost, names the part and says what the rest costs.
	eventually(t, func(ctx context.Context) error {
		out, _, err := r.Admin.Run(ctx, "get", "usage", "-n", "acme-chat", "--field-selector", "window=1h,by=user", "-o", "json")
		if err != nil {
			return err
		}
		return priced(out, "", []string{`"per-token"`, `"twice"`, `"unheard-of"`, "the priced part costs $4.500015"})
	})
}

// priced expects one row with this cost; without one, a condition that says why.
func priced(list, cost string, says []string) error {
	var got metering.UsageList
	if err := json.Unmarshal([]byte(list), &got); err != nil {
		return err
	}
	if len(got.Items) != 1 || got.Items[0].Status.TotalTokens == nil {
		return fmt.Errorf("not one known row: %s", list)
	}
	status := got.Items[0].Status
	c := meta.FindStatusCondition(status.Conditions, metering.ConditionPriced)
	want := metav1.ConditionTrue
	if cost == "" {
		want = metav1.ConditionFalse
	}
	if status.Cost != cost || c == nil || c.Status != want {
		return fmt.Errorf("the cost is %q, not %q, with the condition %+v", status.Cost, cost, c)
	}
	for _, part := range says {
		if !strings.Contains(c.Message, part) {
			return fmt.Errorf("the condition does not say %q: %s", part, c.Message)
		}
	}
	return nil
}
