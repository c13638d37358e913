package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"slices"

	"tollgate.dev/tollgate/test/bench/admission/turn"
	"tollgate.dev/tollgate/test/bench/report"
)

// The engines by the names in the table.
const (
	nameOurs       = "Tollgate"
	nameAgain      = "Tollgate again"
	nameGatekeeper = "Gatekeeper"
	nameDriver     = "Gatekeeper's driver alone"
	nameCEL        = "the API server's CEL"
	nameKyverno    = "Kyverno"
)

// identical compares the engines on 15 templates without data. Tollgate and
// Gatekeeper run the very same Rego.
func (b *bench) identical(ctx context.Context) (results []report.Result, err error) {
	set, err := loadRules(templateFiles, "templates")
	if err != nil {
		return nil, err
	}
	all, err := pluginReviews()
	if err != nil {
		return nil, err
	}
	rego := slices.Concat(set.templates, set.constraints)
	f, err := b.field(ctx,
		entrant{nameOurs, "tollgate", &turn.Work{Policies: rego, Reviews: all}, 1},
		entrant{nameAgain, "tollgate", &turn.Work{Policies: rego, Reviews: all}, 1},
		entrant{nameGatekeeper, "gatekeeper", &turn.Work{Policies: rego, Reviews: all}, 1},
		entrant{nameDriver, "gatekeeper-driver", &turn.Work{Policies: rego, Reviews: all}, 1},
		entrant{nameCEL, "cel", &turn.Work{Policies: set.expressions, Reviews: all}, 1},
		entrant{nameKyverno, kyvernoEngine, &turn.Work{Policies: set.expressions, Reviews: all}, 1},
	)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, f.stop()) }()
	if _, err := f.prove(proof{reviews: len(all), least: len(set.constraints), sameWords: []string{nameAgain, nameGatekeeper, nameDriver}}); err != nil {
		return nil, fmt.Errorf("verdicts differ: %w", err)
	}
	fmt.Fprintf(os.Stderr, "%d templates: all engines agree on %d reviews, and each template is violated by one\n", len(set.constraints), len(all))
	for _, fromBytes := range []bool{false, true} {
		how := "decoded"
		if fromBytes {
			how = "from bytes"
		}
		fmt.Fprintf(os.Stderr, "15 templates, %s:\n", how)
		m, err := f.takeTurns(paceFor(b.quick), len(all), fromBytes)
		if err != nil {
			return nil, err
		}
		results = append(results, identicalResults(m, how)...)
	}
	return results, nil
}

func identicalResults(m measured, how string) []report.Result {
	rate := func(name string) float64 { return m[name].PerSecond() }
	against := func(peer string, bound float64) report.Result {
		return report.AtLeast("15 templates, a WasmPlugin of 20 rules, "+how+": against "+peer, "1/s", rate(nameOurs), rate(peer), bound)
	}
	return []report.Result{
		control("15 templates, "+how, m),
		against(nameGatekeeper, 4),
		against(nameDriver, 4),
		against(nameKyverno, 1),
		against(nameCEL, 1),
	}
}

// policyNames are the names of the policies that judge something.
func policyNames(objects []json.RawMessage) ([]string, error) {
	var names []string
	for _, raw := range objects {
		var o struct {
			Metadata struct{ Name string }
			Spec     struct{ Validations []any }
		}
		if err := json.Unmarshal(raw, &o); err != nil {
			return nil, fmt.Errorf("reading a name: %w", err)
		}
		if len(o.Spec.Validations) > 0 {
			names = append(names, o.Metadata.Name)
		}
	}
	return names, nil
}

// control compares Tollgate with itself: what differs there is chance, and says
// how much of the other ratios may be.
func control(what string, m measured) report.Result {
	return report.AtLeast(what+": control, against the same engine again", "1/s", m[nameOurs].PerSecond(), m[nameAgain].PerSecond(), 0.9)
}
