package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"slices"

	"tollgate.dev/tollgate/rego/baseline"
	"tollgate.dev/tollgate/test/bench/admission/turn"
	"tollgate.dev/tollgate/test/bench/report"
)

// axes prints how the engines fare with 1 to 1,000 policies without data, and
// with 100 to 10,000 objects under the whole baseline. It has no targets and
// runs only when it is asked for: a thousand policies take long to compile.
func (b *bench) axes(ctx context.Context) ([]report.Result, error) {
	counts := []int{1, 10, 100, 1000}
	sizes := []int{smallWorld, 1000, largeWorld}
	if b.quick {
		counts, sizes = counts[:2], sizes[:1]
	}
	for _, count := range counts {
		if err := b.byPolicies(ctx, count); err != nil {
			return nil, fmt.Errorf("%d policies: %w", count, err)
		}
	}
	for _, objects := range sizes {
		if err := b.byObjects(ctx, objects); err != nil {
			return nil, fmt.Errorf("%d objects: %w", objects, err)
		}
	}
	return nil, nil
}

// byPolicies takes the templates again and again under other names.
func (b *bench) byPolicies(ctx context.Context, count int) (err error) {
	set, err := loadRules(templateFiles, "templates")
	if err != nil {
		return err
	}
	all, err := pluginReviews()
	if err != nil {
		return err
	}
	all = all[:2] // those that pass
	constraints, err := renamed(set.constraints, count)
	if err != nil {
		return err
	}
	expressions, err := renamed(set.expressions, count)
	if err != nil {
		return err
	}
	rego := slices.Concat(set.templates[:min(count, len(set.templates))], constraints)
	return b.taken(ctx, fmt.Sprintf("%d policies, no data", count), len(all),
		entrant{nameOurs, "tollgate", &turn.Work{Policies: rego, Reviews: all}, 1},
		entrant{nameGatekeeper, "gatekeeper", &turn.Work{Policies: rego, Reviews: all}, 1},
		entrant{nameDriver, "gatekeeper-driver", &turn.Work{Policies: rego, Reviews: all}, 1},
		entrant{nameCEL, "cel", &turn.Work{Policies: expressions, Reviews: all}, 1},
		entrant{nameKyverno, kyvernoEngine, &turn.Work{Policies: expressions, Reviews: all}, 1},
	)
}

// renamed returns so many documents, each named after its number.
func renamed(documents []json.RawMessage, count int) ([]json.RawMessage, error) {
	var all []json.RawMessage
	for i := range count {
		var o object
		if err := json.Unmarshal(documents[i%len(documents)], &o); err != nil {
			return nil, fmt.Errorf("decoding a policy: %w", err)
		}
		o["metadata"].(object)["name"] = fmt.Sprintf("%s-%04d", o["metadata"].(object)["name"], i)
		encoded, err := json.Marshal(o)
		if err != nil {
			return nil, fmt.Errorf("encoding a policy: %w", err)
		}
		all = append(all, encoded)
	}
	return all, nil
}

func (b *bench) byObjects(ctx context.Context, size int) error {
	w := newWorld(size)
	objects, err := w.objects()
	if err != nil {
		return err
	}
	everyday, _, err := newWorld(smallWorld).reviews()
	if err != nil {
		return err
	}
	policies, err := baseline.Policies()
	if err != nil {
		return err
	}
	templates, err := asTemplates(policies, benchSettings())
	if err != nil {
		return err
	}
	set, err := loadRules(kyvernoFiles, "kyvernopolicies")
	if err != nil {
		return err
	}
	return b.taken(ctx, fmt.Sprintf("the baseline, %d objects", size), len(everyday),
		entrant{nameOurs, "tollgate-baseline", &turn.Work{Objects: objects, Reviews: everyday}, 1},
		entrant{nameGatekeeper, "gatekeeper", &turn.Work{Policies: templates, Objects: objects, Reviews: everyday}, 1},
		entrant{nameKyverno + " with some of it", kyvernoEngine, &turn.Work{Policies: set.expressions, Objects: objects, Reviews: everyday}, 1},
	)
}

// taken has engines agree that reviews pass, and take turns.
func (b *bench) taken(ctx context.Context, what string, reviews int, entrants ...entrant) (err error) {
	f, err := b.field(ctx, entrants...)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, f.stop()) }()
	if _, err := f.prove(proof{reviews: reviews}); err != nil {
		return fmt.Errorf("verdicts differ: %w", err)
	}
	fmt.Fprintf(os.Stderr, "%s:\n", what)
	p := paceFor(b.quick)
	p.rounds = min(p.rounds, 5)
	_, err = f.takeTurns(p, reviews, false)
	return err
}
