package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"

	"github.com/go-logr/logr"
	"k8s.io/klog/v2"

	"tollgate.dev/tollgate/test/bench/admission/turn"
	"tollgate.dev/tollgate/test/bench/report"
)

func main() {
	klog.SetLogger(logr.Discard())
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx, os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "admission:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, args []string) error {
	if len(args) > 0 {
		if make, ok := engines()[args[0]]; ok {
			return turn.Serve(ctx, os.Stdin, os.Stdout, make)
		}
	}
	flags := flag.NewFlagSet("admission", flag.ContinueOnError)
	quick := flags.Bool("quick", false, "take a few short rounds: to see that it works, not for figures")
	only := flags.String("only", "", "run only the part of this name")
	if err := flags.Parse(args); err != nil {
		return err
	}
	return compareAll(ctx, os.Stdout, *quick, *only)
}

// engines are those that this program itself can be.
func engines() map[string]func(context.Context, *turn.Work) (turn.Engine, error) {
	return map[string]func(context.Context, *turn.Work) (turn.Engine, error){
		"tollgate":          newOursFromTemplates,
		"tollgate-baseline": newOursFromBaseline,
		"gatekeeper": func(ctx context.Context, w *turn.Work) (turn.Engine, error) {
			g, err := newPeer(ctx, w)
			if err != nil {
				return nil, err
			}
			return newJudging(g.judge, w.Reviews)
		},
		"gatekeeper-driver": func(ctx context.Context, w *turn.Work) (turn.Engine, error) {
			g, err := newPeer(ctx, w)
			if err != nil {
				return nil, err
			}
			return newJudging(g.judgeByDriver, w.Reviews)
		},
		"cel": func(_ context.Context, w *turn.Work) (turn.Engine, error) {
			e, err := newExpressions(w.Policies)
			if err != nil {
				return nil, err
			}
			return newJudging(e.judge, w.Reviews)
		},
	}
}

// part is a part of the comparison.
type part struct {
	name string
	run  func(ctx context.Context, quick bool) ([]report.Result, error)
}

func parts() []part {
	return []part{
		{"identical", identical},
		{"baseline", baselineOverData},
	}
}

func compareAll(ctx context.Context, out io.Writer, quick bool, only string) error {
	var all []report.Result
	for _, part := range parts() {
		if only != "" && part.name != only {
			continue
		}
		results, err := part.run(ctx, quick)
		if err != nil {
			return fmt.Errorf("%s: %w", part.name, err)
		}
		all = append(all, results...)
	}
	return report.WriteJSON(out, all)
}
