package supervise

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"sync"
	"syscall"
	"time"
)

// Process is one supervised child. Its methods may be called from several goroutines.
type Process struct {
	group *Group
	spec  Spec

	mu     sync.Mutex
	wanted bool // it should be running; Stop clears it
	closed bool // its group is stopped
	run    *run // the present or last run, nil before the first
	deaths int
	timer  *time.Timer // a pending restart
}

// run is one life of a process. exited is guarded by the process's lock and set before the id is given back to the kernel, so that
// a signal never reaches a stranger who was given the same id.
type run struct {
	cmd     *exec.Cmd
	started time.Time
	exited  bool
	done    chan struct{} // closed when reaped
	err     error         // valid after done
}

func newProcess(g *Group, spec Spec) *Process {
	if spec.Grace <= 0 {
		spec.Grace = g.opts.Grace
	}
	return &Process{group: g, spec: spec}
}

// Name returns the name of the process in its group.
func (p *Process) Name() string { return p.spec.Name }

// Path returns the program.
func (p *Process) Path() string { return p.spec.Path }

// LogFile returns where the output goes, empty when it is discarded.
func (p *Process) LogFile() string { return p.spec.LogFile }

// PID returns the id of the running process, 0 when it is down.
func (p *Process) PID() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.run == nil || p.run.exited {
		return 0
	}
	return p.run.cmd.Process.Pid
}

// Start starts the process if it is down and waits until it is ready. It is how a killed or stopped process is brought back with
// the same arguments. The error of a process that died holds the end of its log.
func (p *Process) Start(ctx context.Context) error {
	p.mu.Lock()
	p.wanted = true
	r := p.run
	if r == nil || r.exited {
		if r != nil {
			p.mu.Unlock()
			<-r.done
			p.mu.Lock()
		}
		if err := p.launchLocked(); err != nil {
			p.wanted = false
			p.mu.Unlock()
			return err
		}
	}
	r = p.run
	p.mu.Unlock()
	return p.waitReady(ctx, r)
}

// Kill ends the process at once with SIGKILL and waits until it is gone. With Restart the supervisor brings it back; without it
// stays down until Start.
func (p *Process) Kill() error { return p.signalAndWait(syscall.SIGKILL) }

// Down is Kill of what then stays down until Start, Restart or not, as when its machine is lost. It does nothing more when the
// process is down.
func (p *Process) Down() {
	r := p.unwant(false)
	if r == nil {
		return
	}
	_ = p.signal(syscall.SIGKILL) // fails only when it has ended by itself
	<-r.done
}

// Pause stops the process from running (SIGSTOP): its connections stay open and nothing answers.
func (p *Process) Pause() error { return p.signal(syscall.SIGSTOP) }

// Resume lets a paused process go on.
func (p *Process) Resume() error { return p.signal(syscall.SIGCONT) }

// Signal sends another signal, such as SIGHUP.
func (p *Process) Signal(sig syscall.Signal) error { return p.signal(sig) }

// Stop ends the process: SIGTERM, then SIGKILL after the grace period. It waits until it is gone and does nothing when it is down.
func (p *Process) Stop() { p.stop(false) }

// unwant has no restart follow, and returns the present or last run.
func (p *Process) unwant(forGood bool) *run {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.wanted = false
	p.closed = p.closed || forGood
	if p.timer != nil {
		p.timer.Stop()
	}
	return p.run
}

func (p *Process) stop(forGood bool) {
	r := p.unwant(forGood)
	if r == nil {
		return
	}
	// A paused process acts on SIGTERM only when it continues.
	if p.signal(syscall.SIGTERM) == nil && p.signal(syscall.SIGCONT) == nil {
		select {
		case <-r.done:
			return
		case <-time.After(p.spec.Grace):
			_ = p.signal(syscall.SIGKILL) // fails only when it has ended by itself
		}
	}
	<-r.done
}

// Restart stops the process and starts it again with the same arguments.
func (p *Process) Restart(ctx context.Context) error {
	p.Stop()
	return p.Start(ctx)
}

func (p *Process) signalAndWait(sig syscall.Signal) error {
	p.mu.Lock()
	r := p.run
	p.mu.Unlock()
	if err := p.signal(sig); err != nil {
		return err
	}
	<-r.done
	return nil
}

// signal reaches the process and what it started.
func (p *Process) signal(sig syscall.Signal) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.run == nil || p.run.exited {
		return fmt.Errorf("sending %v to %s: it is not running", sig, p.spec.Name)
	}
	if err := syscall.Kill(-p.run.cmd.Process.Pid, sig); err != nil {
		return fmt.Errorf("sending %v to %s: %w", sig, p.spec.Name, err)
	}
	return nil
}

func (p *Process) launchLocked() error {
	if p.closed {
		return fmt.Errorf("starting %s: its group is stopped", p.spec.Name)
	}
	cmd := exec.Command(p.spec.Path, p.spec.Args...)
	cmd.Dir = p.spec.Dir
	cmd.Env = append(os.Environ(), p.spec.Env...)
	cmd.SysProcAttr = childAttributes()
	if p.spec.LogFile != "" {
		log, err := os.OpenFile(p.spec.LogFile, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
		if err != nil {
			return fmt.Errorf("starting %s: %w", p.spec.Name, err)
		}
		defer log.Close()
		cmd.Stdout, cmd.Stderr = log, log
	}
	if err := p.group.fork(cmd); err != nil {
		return fmt.Errorf("starting %s: %w", p.spec.Name, err)
	}
	r := &run{cmd: cmd, started: time.Now(), done: make(chan struct{})}
	p.run = r
	go p.watch(r)
	p.group.opts.Observe(Event{Kind: Started, Name: p.spec.Name, PID: cmd.Process.Pid})
	return nil
}

// watch reaps a run, schedules the next and tells the observer, before anybody who waits for the end goes on.
func (p *Process) watch(r *run) {
	pid := r.cmd.Process.Pid
	r.err = wait(r.cmd, func() {
		p.mu.Lock()
		defer p.mu.Unlock()
		r.exited = true
		_ = syscall.Kill(-pid, syscall.SIGKILL) // what it forked; fails when nothing is left
	})
	defer close(r.done)
	p.mu.Lock()
	defer p.mu.Unlock()
	event := Event{Kind: Exited, Name: p.spec.Name, PID: pid, Err: r.err}
	if p.wanted && p.spec.Restart {
		event.RestartIn = p.scheduleLocked(time.Since(r.started))
	}
	p.group.opts.Observe(event)
}

// scheduleLocked plans the next start and returns how long it waits.
func (p *Process) scheduleLocked(lived time.Duration) time.Duration {
	if lived > 3*p.group.opts.MaxBackoff {
		p.deaths = 0
	}
	pause := min(p.group.opts.MinBackoff<<min(p.deaths, 16), p.group.opts.MaxBackoff)
	p.deaths++
	p.timer = time.AfterFunc(pause, p.relaunch)
	return pause
}

func (p *Process) relaunch() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if !p.wanted || !p.run.exited { // stopped, or started by hand meanwhile
		return
	}
	if err := p.launchLocked(); err != nil {
		p.group.opts.Observe(Event{Kind: Failed, Name: p.spec.Name, Err: err, RestartIn: p.scheduleLocked(0)})
	}
}

func isDone(r *run) bool {
	select {
	case <-r.done:
		return true
	default:
		return false
	}
}
