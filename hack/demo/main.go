package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"syscall"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx, os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "demo:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, args []string) error {
	flags := flag.NewFlagSet("demo", flag.ContinueOnError)
	dir := flags.String("dir", "", "the demo's folder, wholly its own; .demo in the source tree when empty")
	if err := flags.Parse(args); err != nil {
		return err
	}
	h, err := findHome(*dir)
	if err != nil {
		return err
	}
	command := flags.Arg(0)
	switch command {
	case "up":
		return up(ctx, h, os.Stdout)
	case "down":
		return down(ctx, h, os.Stdout)
	case "status":
		return status(h, os.Stdout)
	case superviseCommand:
		return supervisor(ctx, h)
	case miniredisCommand:
		return serveMiniredis(ctx, flags.Args()[1:])
	case balancerCommand:
		return balancerMain(ctx, flags.Args()[1:])
	}
	for _, w := range workers() {
		if w.name == command {
			return w.main(ctx, flags.Args()[1:])
		}
	}
	return fmt.Errorf("unknown command %q: use up, down or status", command)
}
