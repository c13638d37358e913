package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"runtime/debug"
	"strconv"
	"syscall"

	"github.com/go-logr/logr"
	"k8s.io/klog/v2"
	ctrllog "sigs.k8s.io/controller-runtime/pkg/log"

	"tollgate.dev/tollgate/test/bench/admission/turn"
	"tollgate.dev/tollgate/test/bench/report"
	"tollgate.dev/tollgate/webhook"
)

func main() {
	klog.SetLogger(logr.Discard())
	ctrllog.SetLogger(logr.Discard())
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
		if make, ok := servedEngines()[args[0]]; ok && len(args) == 3 {
			return serve(ctx, make, args[1], args[2])
		}
	}
	flags := flag.NewFlagSet("admission", flag.ContinueOnError)
	quick := flags.Bool("quick", false, "take a few short rounds: to see that it works, not for figures")
	only := flags.String("only", "", "run only the part of this name")
	if err := flags.Parse(args); err != nil {
		return err
	}
	b, err := newBench(*quick)
	if err != nil {
		return err
	}
	return errors.Join(b.compare(ctx, os.Stdout, *only), b.close())
}

// The engines behind the webhook server: with a folder of certificates and a port.
const (
	servedBaseline   = "tollgate-served"
	servedTemplates  = "tollgate-templates-served"
	servedGatekeeper = "gatekeeper-served"
)

// asWebhook is the baseline with the garbage collector as in the webhook. It is
// compared with itself only: engines are, with the same for all.
const asWebhook = "tollgate-as-webhook"

func serve(ctx context.Context, make served, dir, port string) error {
	number, err := strconv.Atoi(port)
	if err != nil {
		return fmt.Errorf("reading the port: %w", err)
	}
	return turn.Serve(ctx, os.Stdin, os.Stdout, func(ctx context.Context, w *turn.Work) (turn.Engine, error) {
		return make(ctx, w, dir, number)
	})
}

// served makes an engine that the webhook server asks.
type served func(ctx context.Context, w *turn.Work, dir string, port int) (turn.Engine, error)

func servedEngines() map[string]served {
	return map[string]served{
		servedBaseline: newServed,
		servedTemplates: func(ctx context.Context, w *turn.Work, dir string, port int) (turn.Engine, error) {
			o, err := oursFromTemplates(ctx, w)
			if err != nil {
				return nil, err
			}
			return newServedJudge(ctx, o.review, w, dir, port)
		},
		servedGatekeeper: func(ctx context.Context, w *turn.Work, dir string, port int) (turn.Engine, error) {
			g, err := newPeer(ctx, w)
			if err != nil {
				return nil, err
			}
			return newServedJudge(ctx, g.judge, w, dir, port)
		},
	}
}

// engines are those that this program itself can be.
func engines() map[string]func(context.Context, *turn.Work) (turn.Engine, error) {
	return map[string]func(context.Context, *turn.Work) (turn.Engine, error){
		"tollgate":          newOursFromTemplates,
		"tollgate-baseline": newOursFromBaseline,
		asWebhook: func(ctx context.Context, w *turn.Work) (turn.Engine, error) {
			debug.SetGCPercent(webhook.GCPercent)
			return newOursFromBaseline(ctx, w)
		},
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
	run  func(ctx context.Context) ([]report.Result, error)
}

// partAxes runs only when it is named.
const partAxes = "axes"

func (b *bench) parts() []part {
	return []part{
		{"identical", b.identical},
		{"baseline", b.baselineOverData},
		{"size", b.size},
		{"changes", b.changes},
		{"tls", b.overTLS},
		{"memory", b.memory},
		{name: partAxes, run: b.axes},
	}
}

func (b *bench) compare(ctx context.Context, out io.Writer, only string) error {
	var all []report.Result
	for _, part := range b.parts() {
		if part.name != only && (only != "" || part.name == partAxes) {
			continue
		}
		results, err := part.run(ctx)
		if err != nil {
			return fmt.Errorf("%s: %w", part.name, err)
		}
		all = append(all, results...)
	}
	return report.WriteJSON(out, all)
}
