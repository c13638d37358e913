package main

import (
	"context"
	"errors"
	"fmt"
	"os"

	"tollgate.dev/tollgate/rego/baseline"
	"tollgate.dev/tollgate/test/bench/admission/turn"
	"tollgate.dev/tollgate/test/bench/report"
)

// leastViolated is how many policies of the baseline the reviews must violate.
const leastViolated = 28

// baselineOverData compares the policies that come with Tollgate with the same
// rules as Gatekeeper's templates, in a cluster of 10,000 objects.
func (b *bench) baselineOverData(ctx context.Context) (results []report.Result, err error) {
	w := newWorld(largeWorld)
	objects, err := w.objects()
	if err != nil {
		return nil, err
	}
	everyday, all, err := w.reviews()
	if err != nil {
		return nil, err
	}
	policies, err := baseline.Policies()
	if err != nil {
		return nil, err
	}
	templates, err := asTemplates(policies, benchSettings())
	if err != nil {
		return nil, err
	}
	set, err := loadRules(kyvernoFiles, "kyvernopolicies")
	if err != nil {
		return nil, err
	}
	kyvernos, err := policyNames(set.expressions)
	if err != nil {
		return nil, err
	}
	f, err := b.field(ctx,
		entrant{nameOurs, "tollgate-baseline", &turn.Work{Objects: objects, Reviews: all}, 1},
		entrant{nameAgain, "tollgate-baseline", &turn.Work{Objects: objects, Reviews: all}, 1},
		entrant{nameGatekeeper, "gatekeeper", &turn.Work{Policies: templates, Objects: objects, Reviews: all}, 1},
		entrant{nameKyverno, kyvernoEngine, &turn.Work{Policies: set.expressions, Objects: objects, Reviews: all}, 1},
	)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, f.stop()) }()
	violated, err := f.prove(proof{
		reviews: len(all), least: leastViolated, sameWords: []string{nameAgain, nameGatekeeper}, only: map[string][]string{nameKyverno: kyvernos},
	})
	if err != nil {
		return nil, fmt.Errorf("verdicts differ: %w", err)
	}
	fmt.Fprintf(os.Stderr, "%d policies over %d objects: all agree on %d reviews, which violate %d of them; Kyverno has %d\n",
		len(templates)/2, len(objects), len(all), violated, len(kyvernos))
	m, err := f.takeTurns(paceFor(b.quick), len(everyday), false)
	if err != nil {
		return nil, err
	}
	return []report.Result{
		control("the whole baseline", m),
		report.AtLeast("the whole baseline, 10,000 objects: against Gatekeeper", "1/s", m[nameOurs].PerSecond(), m[nameGatekeeper].PerSecond(), 10),
		report.AtLeast("the whole baseline, 10,000 objects: against Kyverno with some of it", "1/s", m[nameOurs].PerSecond(), m[nameKyverno].PerSecond(), 1),
	}, nil
}
