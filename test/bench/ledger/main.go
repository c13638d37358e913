// Command ledger measures the ledger's calls as ratios of plain GETs on the
// same real Redis: go-redis on both sides, 50 connections, 10,000 users. It is
// run by hack/bench.
package main

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"syscall"

	"github.com/redis/go-redis/v9"

	"tollgate.dev/tollgate/hack/cluster"
	"tollgate.dev/tollgate/hack/supervise"
	"tollgate.dev/tollgate/test/bench/report"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx); err != nil {
		fmt.Fprintln(os.Stderr, "ledger:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context) error {
	dir, err := os.MkdirTemp("", "tollgate-bench-")
	if err != nil {
		return fmt.Errorf("making a folder: %w", err)
	}
	defer os.RemoveAll(dir)
	group := supervise.NewGroup(supervise.Options{})
	defer group.Stop()
	finder, err := cluster.FindBinaries()
	if err != nil {
		return err
	}
	server, err := cluster.StartRedis(ctx, cluster.Env{Group: group, Binaries: finder, Dir: dir}, cluster.RedisOptions{})
	if err != nil {
		return err
	}
	client := redis.NewClient(&redis.Options{Addr: server.Addr, PoolSize: connections, MinIdleConns: connections})
	defer client.Close()
	b, err := newBench(ctx, client)
	if err != nil {
		return err
	}
	results, err := b.measure(ctx)
	if err != nil {
		return err
	}
	return report.WriteJSON(os.Stdout, results)
}
