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

// bench is one run of the comparison.
type bench struct {
	quick   bool   // a few short rounds: no figures
	dir     string // for programs
	program string // this one
	kyverno string // "" until it is built
}

func newBench(quick bool) (*bench, error) {
	b := &bench{quick: quick}
	var err error
	if b.program, err = os.Executable(); err != nil {
		return nil, fmt.Errorf("finding this program: %w", err)
	}
	if b.dir, err = os.MkdirTemp("", "tollgate-bench-"); err != nil {
		return nil, fmt.Errorf("making a folder: %w", err)
	}
	return b, nil
}

func (b *bench) close() error { return os.RemoveAll(b.dir) }

// field is the engines that take part.
type field struct {
	players []*turn.Player
}

// entrant is an engine that is to take part with what it needs.
type entrant struct {
	name, engine string
	work         *turn.Work
	cores        int // 0: all
}

// kyvernoEngine is not one of this program's.
const kyvernoEngine = "kyverno"

// field starts engines.
func (b *bench) field(ctx context.Context, entrants ...entrant) (*field, error) {
	f := &field{}
	for _, e := range entrants {
		p, err := b.start(ctx, e)
		if err != nil {
			return nil, errors.Join(err, f.stop())
		}
		f.players = append(f.players, p)
	}
	return f, nil
}

func (b *bench) start(ctx context.Context, e entrant) (*turn.Player, error) {
	if e.engine != kyvernoEngine {
		return turn.Start(ctx, e.name, e.cores, e.work, b.program, e.engine)
	}
	if err := b.buildKyverno(ctx); err != nil {
		return nil, err
	}
	return turn.Start(ctx, e.name, e.cores, e.work, b.kyverno)
}

func (b *bench) buildKyverno(ctx context.Context) error {
	if b.kyverno != "" {
		return nil
	}
	fmt.Fprintln(os.Stderr, "building Kyverno's engine, which takes many minutes the first time")
	program := filepath.Join(b.dir, kyvernoEngine)
	build := exec.CommandContext(ctx, "go", "build", "-o", program, ".")
	build.Dir, build.Stderr = kyvernoModule, os.Stderr
	if err := build.Run(); err != nil {
		return fmt.Errorf("building Kyverno's engine in %s: %w", kyvernoModule, err)
	}
	b.kyverno = program
	return nil
}

func (f *field) stop() error {
	var errs []error
	for _, p := range f.players {
		errs = append(errs, p.Stop())
	}
	return errors.Join(errs...)
}

// proof is what must hold before engines are compared.
type proof struct {
	// reviews is how many there are.
	reviews int
	// least policies must be violated by some review: equal verdicts say nothing
	// about a policy that nothing violates.
	least int
	// sameWords are the engines with the same Rego, whose messages must be the same.
	sameWords []string
	// only names the policies that an engine has, where it has not all of them.
	only map[string][]string
}

// prove has every engine judge every review and fails unless all find the same
// policies violated. It returns how many policies were violated by some review.
func (f *field) prove(p proof) (int, error) {
	violated, passed := map[string]bool{}, 0
	for r := range p.reviews {
		var want, wantMessages []string
		for i, player := range f.players {
			found, err := player.Judge(r)
			if err != nil {
				return 0, err
			}
			names, messages := verdict(found)
			expected := want
			if only, ok := p.only[player.Name]; ok {
				expected = slices.DeleteFunc(slices.Clone(want), func(name string) bool { return !slices.Contains(only, name) })
			}
			if i == 0 {
				want, wantMessages = names, messages
			} else if !slices.Equal(expected, names) {
				return 0, fmt.Errorf("review %d: %s finds %q violated, %s %q", r, f.players[0].Name, expected, player.Name, names)
			} else if slices.Contains(p.sameWords, player.Name) && !slices.Equal(wantMessages, messages) {
				return 0, fmt.Errorf("review %d: %s says %q, %s %q", r, f.players[0].Name, wantMessages, player.Name, messages)
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
		return 0, errors.New("no review passes")
	}
	if len(violated) < p.least {
		return 0, fmt.Errorf("only %d policies are violated by some review, want %d: %q", len(violated), p.least, slices.Sorted(maps.Keys(violated)))
	}
	return len(violated), nil
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
