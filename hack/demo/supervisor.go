package main

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"syscall"
	"time"

	"tollgate.dev/tollgate/hack/binaries"
	"tollgate.dev/tollgate/hack/cluster"
	"tollgate.dev/tollgate/hack/supervise"
)

const (
	// superviseCommand is the subcommand of the background process.
	superviseCommand = "supervise"
	// repairSignal asks the supervisor to put right what is not.
	repairSignal = syscall.SIGUSR1
	// homeInterval is how often the supervisor looks whether its folder is still there. Without it no command could find the demo.
	homeInterval = 2 * time.Second
	// roundTimeout bounds a bring-up or a repair on a slow machine.
	roundTimeout = 20 * time.Minute
)

// supervisor starts everything, then repairs when asked, until ctx ends; then it stops everything. When the first round fails it
// stops too.
func supervisor(ctx context.Context, h home) error {
	repair := make(chan os.Signal, 1)
	signal.Notify(repair, repairSignal)
	lock, err := h.claim()
	if err != nil {
		return err
	}
	defer lock.Close()

	b := newBoard(h.state())
	group := supervise.NewGroup(supervise.Options{Observe: b.observe, MaxBackoff: 5 * time.Second})
	defer group.Stop()
	d := &demo{
		home: h, board: b,
		env: cluster.Env{Group: group, Binaries: binaries.NewFinder(h.root), Dir: h.run(), Restart: true},
	}
	if err := d.round(ctx, d.bringUp); err != nil {
		return err
	}
	look := time.NewTicker(homeInterval)
	defer look.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-look.C:
			if !h.holds(lock) {
				return fmt.Errorf("%s was removed: stopping everything", h.dir)
			}
		case <-repair:
			if err := d.round(ctx, d.repair); err != nil {
				fmt.Fprintln(os.Stderr, "repairing:", err)
			}
		}
	}
}

func (d *demo) round(ctx context.Context, f func(context.Context) error) error {
	d.board.begin()
	ctx, cancel := context.WithTimeout(ctx, roundTimeout)
	defer cancel()
	err := f(ctx)
	d.board.end(err)
	return err
}

func (d *demo) bringUp(ctx context.Context) error {
	if err := d.startBackends(ctx); err != nil {
		return err
	}
	if err := d.board.do("CRDs and RBAC", func() error { return d.applyTypes(ctx) }); err != nil {
		return err
	}
	if err := d.board.do("tollgate webhook", func() error { return d.startWebhook(ctx) }); err != nil {
		return err
	}
	if err := d.board.do("webhook configurations", func() error { return d.registerWebhook(ctx) }); err != nil {
		return err
	}
	if err := d.board.do("two example organizations", func() error { return d.applyExamples(ctx) }); err != nil {
		return err
	}
	if err := d.board.do("tollgate apiserver", func() error { return d.startServer(ctx) }); err != nil {
		return err
	}
	if err := d.board.do("APIService", func() error { return d.applyAPIServices(ctx) }); err != nil {
		return err
	}
	if err := d.board.do("tollgate controller", func() error { return d.startController(ctx) }); err != nil {
		return err
	}
	if err := d.startWorkers(ctx); err != nil {
		return err
	}
	return d.finish(ctx)
}

// finish forwards metrics and waits until what the demo is about can be seen.
func (d *demo) finish(ctx context.Context) error {
	if err := d.board.do("forwarding per organization", func() error { return d.configureAgent(ctx) }); err != nil {
		return err
	}
	if err := d.board.do("first dollars spent", func() error { return d.awaitItem(ctx, "budgets", spent) }); err != nil {
		return err
	}
	return d.board.do("first usage counted", func() error { return d.awaitItem(ctx, "usages", nil) })
}

// repair waits until what died is back and applies everything again.
func (d *demo) repair(ctx context.Context) error {
	for _, p := range d.env.Group.Processes() {
		if err := d.board.do(p.Name(), func() error { return d.revive(ctx, p) }); err != nil {
			return err
		}
	}
	if built, err := modified(d.server.Path()); err == nil && built.After(d.serverBuilt) {
		for _, p := range append([]*supervise.Process{d.server, d.controller}, d.admission.replicas...) {
			if err := d.board.do(p.Name()+" as built since", func() error { return p.Restart(ctx) }); err != nil {
				return err
			}
		}
		d.serverBuilt = built
	}
	if err := d.board.do("CRDs and RBAC", func() error { return d.applyTypes(ctx) }); err != nil {
		return err
	}
	if err := d.board.do("webhook configurations", func() error { return d.registerWebhook(ctx) }); err != nil {
		return err
	}
	if err := d.board.do("two example organizations", func() error { return d.applyExamples(ctx) }); err != nil {
		return err
	}
	if err := d.board.do("APIService", func() error { return d.applyAPIServices(ctx) }); err != nil {
		return err
	}
	return d.finish(ctx)
}

func modified(path string) (time.Time, error) {
	info, err := os.Stat(path)
	if err != nil {
		return time.Time{}, err
	}
	return info.ModTime(), nil
}

// revive waits until a process runs and serves. One that somebody paused goes on.
func (d *demo) revive(ctx context.Context, p *supervise.Process) error {
	if p.PID() != 0 {
		_ = p.Resume() // fails when it ends this moment, and then it comes back by itself
	}
	return p.WaitReady(ctx)
}
