package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"slices"
	"syscall"
	"time"

	"k8s.io/klog/v2"

	"tollgate.dev/tollgate/hack/cluster"
	"tollgate.dev/tollgate/hack/supervise"
	"tollgate.dev/tollgate/test/bench/report"
)

const (
	objects = 10_000
	warmups = 5
	rounds  = 25
)

func main() {
	fs := flag.NewFlagSet("klog", flag.ContinueOnError)
	klog.InitFlags(fs)
	_ = fs.Set("logtostderr", "false")
	_ = fs.Set("stderrthreshold", "FATAL")
	klog.SetOutput(io.Discard)
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx); err != nil {
		fmt.Fprintln(os.Stderr, "metricsserver:", err)
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
	env := cluster.Env{Group: group, Binaries: finder, Dir: dir}
	fmt.Fprintln(os.Stderr, "starting kube-apiserver and Redis")
	plane, err := cluster.StartControlPlane(ctx, env, cluster.ControlPlaneOptions{})
	if err != nil {
		return err
	}
	redis, err := cluster.StartRedis(ctx, env, cluster.RedisOptions{})
	if err != nil {
		return err
	}
	kubeconfig, err := plane.WriteKubeconfig(dir, "servers", cluster.Admin())
	if err != nil {
		return err
	}
	client, err := newClient(plane)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	fmt.Fprintln(os.Stderr, "starting both servers")
	ours, err := startOurs(ctx, kubeconfig, redis)
	if err != nil {
		return err
	}
	peer, err := startPeer(ctx, kubeconfig)
	if err != nil {
		return err
	}
	for _, s := range []target{ours, peer} {
		if err := client.check(ctx, s); err != nil {
			return err
		}
	}
	results, err := compare(ctx, client, ours, peer)
	if err != nil {
		return err
	}
	return report.WriteJSON(os.Stdout, results)
}

// compare lists in turn, so that a machine that slows down slows both down, and
// compares medians.
func compare(ctx context.Context, c *client, ours, peer target) ([]report.Result, error) {
	var a, b []sample
	for i := range warmups + rounds {
		x, err := c.measure(ctx, ours)
		if err != nil {
			return nil, err
		}
		y, err := c.measure(ctx, peer)
		if err != nil {
			return nil, err
		}
		if i >= warmups {
			a, b = append(a, x), append(b, y)
		}
	}
	took := func(s sample) float64 { return float64(s.took) / float64(time.Microsecond) / objects }
	allocs := func(s sample) float64 { return float64(s.allocs) / objects }
	bytes := func(s sample) float64 { return float64(s.bytes) / objects }
	return []report.Result{
		report.AtMost("list beside metrics-server: time per object", "us", median(a, took), median(b, took), 1),
		report.AtMost("list beside metrics-server: allocations per object", "allocs", median(a, allocs), median(b, allocs), 1),
		report.AtMost("list beside metrics-server: allocated bytes per object", "B", median(a, bytes), median(b, bytes), 1),
	}, nil
}

func median(samples []sample, of func(sample) float64) float64 {
	values := make([]float64, len(samples))
	for i, s := range samples {
		values[i] = of(s)
	}
	slices.Sort(values)
	return values[len(values)/2]
}
