// Command list measures what listing 10,000 live budgets costs: time against
// the floor, the server's memory, what it does to Redis and to those who
// reserve meanwhile, and the latency of a get under load. It runs the real
// server behind a real kube-apiserver with a real Redis, and prints a list of
// results as JSON.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"syscall"
	"time"

	"tollgate.dev/tollgate/hack/cluster"
	"tollgate.dev/tollgate/hack/supervise"
	"tollgate.dev/tollgate/test/apiserver/rig"
	"tollgate.dev/tollgate/test/bench/report"
)

func main() {
	only := flag.String("only", "", "measure only this part: memory, time, redis or get")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	do := func(ctx context.Context) error { return run(ctx, *only) }
	if flag.Arg(0) == consumeCommand {
		do = consume
	}
	if err := do(ctx); err != nil {
		fmt.Fprintln(os.Stderr, "list:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, only string) error {
	bin, err := cluster.FindBinaries()
	if err != nil {
		return err
	}
	dir, err := os.MkdirTemp("", "tollgate-bench-list-")
	if err != nil {
		return fmt.Errorf("making a folder: %w", err)
	}
	defer os.RemoveAll(dir)
	group := supervise.NewGroup(supervise.Options{Grace: 5 * time.Second})
	defer group.Stop()
	r, err := rig.New(ctx, cluster.Env{Group: group, Binaries: bin, Dir: dir}, rig.Options{Objects: objects()})
	if err != nil {
		return err
	}
	defer r.Close()
	b, err := newBench(ctx, r, group)
	if err != nil {
		return err
	}
	defer b.close()
	var all []report.Result
	for _, part := range []struct {
		name    string
		measure func(context.Context) ([]report.Result, error)
	}{{"memory", b.memory}, {"time", b.time}, {"redis", b.redis}, {"get", b.get}} {
		if only != "" && only != part.name {
			continue
		}
		results, err := part.measure(ctx)
		if err != nil {
			return err
		}
		all = append(all, results...)
	}
	return report.WriteJSON(os.Stdout, all)
}
