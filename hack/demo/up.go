package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"time"

	"tollgate.dev/tollgate/hack/preflight"
)

const (
	pollInterval = 100 * time.Millisecond
	// heartbeat is how often a wait says what it waits for.
	heartbeat = 5 * time.Second
)

// up starts the demo, or repairs the one that runs, follows the progress and prints what to try.
func up(ctx context.Context, h home, out io.Writer) error {
	var before int
	err := h.exclusively(func() (err error) {
		before, err = startOrRepair(ctx, h, out)
		return err
	})
	if err != nil {
		return err
	}
	s, err := follow(ctx, h, out, before)
	if err != nil {
		return err
	}
	return guide(ctx, h, out, s)
}

// startOrRepair sees to it that a supervisor works, and returns the round before the one to follow.
func startOrRepair(ctx context.Context, h home, out io.Writer) (before int, err error) {
	pid, err := h.supervisor()
	if err != nil {
		return 0, err
	}
	if pid == 0 {
		return 0, start(h, out)
	}
	s, err := h.readState()
	if err != nil {
		return 0, err
	}
	if s.Phase == working || s.Round == 0 {
		fmt.Fprintln(out, "The demo is being started already; following")
		return max(s.Round-1, 0), nil
	}
	same, err := sameProgram(h.program())
	if err != nil {
		return 0, err
	}
	if !same { // its workers and a newly built server might not understand each other
		fmt.Fprintln(out, "The demo that runs was started by another build; starting it anew")
		if err := stop(ctx, h, out, pid); err != nil {
			return 0, err
		}
		return 0, launch(h)
	}
	switch err := syscall.Kill(pid, repairSignal); {
	case errors.Is(err, syscall.ESRCH): // it was being killed when it was looked for
		return 0, start(h, out)
	case err != nil:
		return 0, fmt.Errorf("asking the supervisor for a repair: %w", err)
	}
	fmt.Fprintln(out, "The demo is up already; checking and repairing it")
	return s.Round, nil
}

func start(h home, out io.Writer) error {
	if err := launch(h); err != nil {
		return err
	}
	fmt.Fprintf(out, "Starting the demo; logs are in %s\n", h.dir)
	return nil
}

// launch removes what a dead demo left and starts the supervisor as a process of its own, which outlives this one.
func launch(h home) error {
	needs := preflight.Needs{Disk: 2 * preflight.GiB, Memory: 2 * preflight.GiB}
	if err := preflight.Enough("the demo", needs, h.dir, os.TempDir()); err != nil && os.Getenv("FORCE") != "1" {
		return fmt.Errorf("%w\nfree some, or set FORCE=1 to try anyway", err)
	}
	if err := h.remove(); err != nil {
		return err
	}
	for _, dir := range []string{h.run(), filepath.Dir(h.program())} {
		if err := os.MkdirAll(dir, 0o700); err != nil {
			return fmt.Errorf("making the demo's folder: %w", err)
		}
	}
	if err := copyProgram(h.program()); err != nil {
		return fmt.Errorf("copying this program into the demo's folder: %w", err)
	}
	log, err := os.OpenFile(h.log(), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return fmt.Errorf("starting the supervisor: %w", err)
	}
	defer log.Close()
	cmd := exec.Command(h.program(), "-dir", h.dir, superviseCommand)
	cmd.Dir, cmd.Stdout, cmd.Stderr = h.root, log, log
	cmd.SysProcAttr = session(h.tied)
	if err := cmd.Start(); err != nil {
		return fmt.Errorf("starting the supervisor: %w", err)
	}
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }()
	for {
		if pid, err := h.supervisor(); err != nil || pid != 0 {
			return err
		}
		select {
		case err := <-ended:
			return fmt.Errorf("the supervisor ended at once (%v); its log is %s", err, h.log())
		case <-time.After(pollInterval):
		}
	}
}

// follow prints the steps of the first round after before until it ends.
func follow(ctx context.Context, h home, out io.Writer, before int) (state, error) {
	printed := map[string]bool{}
	said := time.Now()
	for {
		pid, err := h.supervisor() // asked before the state is read: it may write why it ends, and end
		if err != nil {
			return state{}, err
		}
		s, err := h.readState()
		if err != nil {
			return s, err
		}
		if s.Round > before {
			for _, st := range s.Steps {
				if st.Took != 0 && st.Error == "" && !printed[st.Name] {
					printed[st.Name], said = true, time.Now()
					fmt.Fprintf(out, "  %-48s %5.1f s\n", st.Name, st.Took.Seconds())
				}
			}
			switch s.Phase {
			case ready:
				return s, nil
			case failed:
				return s, fmt.Errorf("%s\nthe supervisor's log is %s", s.Error, h.log())
			}
		}
		if time.Since(said) > heartbeat {
			said = time.Now()
			for _, st := range s.Steps {
				if st.Took == 0 {
					fmt.Fprintf(out, "  ... %s, for %s\n", st.Name, time.Since(st.Began).Round(time.Second))
				}
			}
		}
		if pid == 0 {
			return s, fmt.Errorf("the supervisor ended; its log is %s", h.log())
		}
		select {
		case <-ctx.Done():
			return s, errors.New("interrupted; the demo goes on starting in the background: make demo follows it again, make demo-down stops it")
		case <-time.After(pollInterval):
		}
	}
}
