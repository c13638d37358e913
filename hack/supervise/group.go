package supervise

import (
	"context"
	"errors"
	"fmt"
	"os/exec"
	"runtime"
	"slices"
	"sync"
)

// Group is a set of supervised processes with one lifetime.
type Group struct {
	opts  Options
	forks chan fork
	quit  chan struct{}

	mu        sync.Mutex
	processes []*Process
	stopped   bool
}

// fork asks the group's thread to start a command.
type fork struct {
	cmd    *exec.Cmd
	result chan error
}

// NewGroup returns an empty group. Stop releases what it holds.
func NewGroup(opts Options) *Group {
	g := &Group{opts: opts.withDefaults(), forks: make(chan fork), quit: make(chan struct{})}
	go g.forkLoop()
	return g
}

// forkLoop starts all children from one thread that lives as long as the group: the kernel's parent-death signal follows the
// thread that forked, not the process, so a child of a short-lived thread would be killed early (golang.org/issue/27505).
func (g *Group) forkLoop() {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	for {
		select {
		case f := <-g.forks:
			f.result <- f.cmd.Start()
		case <-g.quit:
			return
		}
	}
}

func (g *Group) fork(cmd *exec.Cmd) error {
	f := fork{cmd: cmd, result: make(chan error, 1)}
	select {
	case g.forks <- f:
		return <-f.result
	case <-g.quit:
		return errors.New("the group is stopped")
	}
}

// Start starts a process, waits until it is ready and returns it. ctx bounds the wait only. When the process dies or ctx ends
// first, the process is stopped and the error holds the end of its log.
func (g *Group) Start(ctx context.Context, spec Spec) (*Process, error) {
	p := newProcess(g, spec)
	g.mu.Lock()
	switch {
	case g.stopped:
		g.mu.Unlock()
		return nil, fmt.Errorf("starting %s: the group is stopped", spec.Name)
	case slices.ContainsFunc(g.processes, func(o *Process) bool { return o.spec.Name == spec.Name }):
		g.mu.Unlock()
		return nil, fmt.Errorf("starting %s: the group already has a process of that name", spec.Name)
	}
	g.processes = append(g.processes, p)
	g.mu.Unlock()
	if err := p.Start(ctx); err != nil {
		p.Stop()
		g.forget(p)
		return nil, err
	}
	return p, nil
}

func (g *Group) forget(p *Process) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.processes = slices.DeleteFunc(g.processes, func(o *Process) bool { return o == p })
}

// Process returns the process of that name, nil when there is none.
func (g *Group) Process(name string) *Process {
	g.mu.Lock()
	defer g.mu.Unlock()
	for _, p := range g.processes {
		if p.spec.Name == name {
			return p
		}
	}
	return nil
}

// Processes returns all processes in the order of their start.
func (g *Group) Processes() []*Process {
	g.mu.Lock()
	defer g.mu.Unlock()
	return slices.Clone(g.processes)
}

// Stop ends all processes, the last started first, and waits for each. The group cannot be used again. A second call does nothing.
func (g *Group) Stop() {
	g.mu.Lock()
	if g.stopped {
		g.mu.Unlock()
		return
	}
	g.stopped = true
	processes := slices.Clone(g.processes)
	g.mu.Unlock()
	for _, p := range slices.Backward(processes) {
		p.stop(true)
	}
	close(g.quit)
}
