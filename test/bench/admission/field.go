package main

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"

	"tollgate.dev/tollgate/test/bench/admission/turn"
)

const kyvernoModule = "test/bench/admission/kyverno"

// field is the engines that take part.
type field struct {
	players []*turn.Player
	dir     string
}

// entrant is an engine that is to take part with what it needs.
type entrant struct {
	name, engine string
	work         *turn.Work
	cores        int // 0: all
}

// kyvernoEngine is not one of this program's.
const kyvernoEngine = "kyverno"

func startField(ctx context.Context, entrants []entrant) (*field, error) {
	f := &field{}
	var err error
	if f.dir, err = os.MkdirTemp("", "tollgate-bench-"); err != nil {
		return nil, fmt.Errorf("making a folder: %w", err)
	}
	for _, e := range entrants {
		if err := f.add(ctx, e); err != nil {
			return nil, errors.Join(err, f.stop())
		}
	}
	return f, nil
}

func (f *field) add(ctx context.Context, e entrant) error {
	program, err := os.Executable()
	if err != nil {
		return fmt.Errorf("finding this program: %w", err)
	}
	args := []string{e.engine}
	if e.engine == kyvernoEngine {
		program, args = filepath.Join(f.dir, kyvernoEngine), nil
		if err := buildKyverno(ctx, program); err != nil {
			return err
		}
	}
	p, err := turn.Start(ctx, e.name, e.cores, e.work, program, args...)
	if err != nil {
		return err
	}
	f.players = append(f.players, p)
	return nil
}

func buildKyverno(ctx context.Context, program string) error {
	if _, err := os.Stat(program); err == nil {
		return nil
	}
	fmt.Fprintln(os.Stderr, "building Kyverno's engine, which takes many minutes the first time")
	build := exec.CommandContext(ctx, "go", "build", "-o", program, ".")
	build.Dir, build.Stderr = kyvernoModule, os.Stderr
	if err := build.Run(); err != nil {
		return fmt.Errorf("building Kyverno's engine in %s: %w", kyvernoModule, err)
	}
	return nil
}

func (f *field) stop() error {
	var errs []error
	for _, p := range f.players {
		errs = append(errs, p.Stop())
	}
	return errors.Join(append(errs, os.RemoveAll(f.dir))...)
}

// prove has every engine judge every review and fails unless all find the same
// policies violated, and those of identical Rego the same messages. At least
// one review must pass and each policy must be violated once, or equal verdicts
// would mean little. It returns the number of violations by review.
func (f *field) prove(reviews int, policies []string, identicalRego map[string]bool) ([]int, error) {
	violated, passed := map[string]bool{}, 0
	counts := make([]int, reviews)
	for r := range reviews {
		var want, wantMessages []string
		var first, firstRego string
		for _, p := range f.players {
			found, err := p.Judge(r)
			if err != nil {
				return nil, err
			}
			names, messages := verdict(found)
			if first == "" {
				first, want, counts[r] = p.Name, names, len(names)
			} else if !slices.Equal(want, names) {
				return nil, fmt.Errorf("review %d: %s finds %q violated, %s %q", r, first, want, p.Name, names)
			}
			if !identicalRego[p.Name] {
				continue
			}
			if firstRego == "" {
				firstRego, wantMessages = p.Name, messages
			} else if !slices.Equal(wantMessages, messages) {
				return nil, fmt.Errorf("review %d: %s says %q, %s %q", r, firstRego, wantMessages, p.Name, messages)
			}
		}
		for _, name := range want {
			violated[name] = true
		}
		if len(want) == 0 {
			passed++
		}
	}
	if passed == 0 {
		return nil, errors.New("no review passes")
	}
	for _, name := range policies {
		if !violated[name] {
			return nil, fmt.Errorf("no review violates policy %s: equal verdicts say nothing about it", name)
		}
	}
	return counts, nil
}

// verdict returns the violated policies and all that was said, sorted, without
// repetitions.
func verdict(found []turn.Finding) (policies, messages []string) {
	names, said := map[string]bool{}, map[string]bool{}
	for _, f := range found {
		names[f.Policy], said[f.Policy+": "+f.Message] = true, true
	}
	return slices.Sorted(maps.Keys(names)), slices.Sorted(maps.Keys(said))
}
