package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"syscall"
	"time"
)

// downTimeout is longer than all processes take to end one after the other, their grace periods included.
const downTimeout = 90 * time.Second

// down stops the supervisor, which stops everything, and removes the demo's folder.
func down(ctx context.Context, h home, out io.Writer) error {
	return h.exclusively(func() error { return stopAndRemove(ctx, h, out) })
}

func stopAndRemove(ctx context.Context, h home, out io.Writer) error {
	pid, err := h.supervisor()
	if err != nil {
		return err
	}
	if pid != 0 {
		fmt.Fprintln(out, "Stopping the demo")
		if err := stop(ctx, h, out, pid); err != nil {
			return err
		}
	} else if _, err := os.Stat(h.dir); errors.Is(err, os.ErrNotExist) {
		fmt.Fprintln(out, "There is no demo")
		return nil
	}
	if err := h.remove(); err != nil {
		return err
	}
	fmt.Fprintln(out, "Everything is stopped and removed")
	return nil
}

func stop(ctx context.Context, h home, out io.Writer, pid int) error {
	if err := syscall.Kill(pid, syscall.SIGTERM); err != nil && !errors.Is(err, syscall.ESRCH) { // it ends by itself this moment
		return fmt.Errorf("stopping the supervisor: %w", err)
	}
	deadline, said := time.Now().Add(downTimeout), time.Now()
	for killed := false; ; {
		running, err := h.supervisor()
		if err != nil {
			return err
		}
		if running != pid {
			return nil
		}
		if time.Since(said) > heartbeat {
			said = time.Now()
			fmt.Fprintf(out, "  ... waiting for %s\n", strings.Join(alive(h), ", "))
		}
		if time.Now().After(deadline) && !killed {
			killed = true
			fmt.Fprintln(out, "  the supervisor does not end: killing it, which kills the rest")
			if err := syscall.Kill(pid, syscall.SIGKILL); err != nil && !errors.Is(err, syscall.ESRCH) {
				return fmt.Errorf("killing the supervisor: %w", err)
			}
		}
		select {
		case <-ctx.Done():
			return errors.New("interrupted; the demo is still being stopped")
		case <-time.After(pollInterval):
		}
	}
}

// alive names the processes that still run.
func alive(h home) []string {
	s, err := h.readState()
	if err != nil {
		return []string{"the supervisor"}
	}
	var names []string
	for _, p := range s.Processes {
		if p.PID != 0 {
			names = append(names, p.Name)
		}
	}
	return append(names, "the supervisor")
}
