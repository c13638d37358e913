package supervise

import (
	"context"
	"errors"
	"fmt"
	"os"
	"time"
)

const (
	readyInterval = 25 * time.Millisecond
	readyTimeout  = 3 * time.Second
	logTail       = 4 << 10
)

// WaitReady waits until the process runs and is ready, through restarts by the supervisor.
func (p *Process) WaitReady(ctx context.Context) error { return p.waitReady(ctx, nil) }

// waitReady asks Ready until it answers nil. With a run it fails when that run ends, else it waits for a next one.
func (p *Process) waitReady(ctx context.Context, only *run) error {
	var last error
	for {
		p.mu.Lock()
		r := p.run
		p.mu.Unlock()
		if only != nil {
			select {
			case <-only.done:
				return fmt.Errorf("%s ended before it was ready (%w)%s", p.spec.Name, exitError(only.err), p.logEnd())
			default:
			}
			r = only
		}
		if r == nil || isDone(r) {
			last = errors.New("it is down")
		} else if last = p.ask(ctx, r); last == nil {
			return nil
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("waiting until %s is ready: %w; last answer: %v%s", p.spec.Name, ctx.Err(), last, p.logEnd())
		case <-time.After(readyInterval):
		}
	}
}

func (p *Process) ask(ctx context.Context, r *run) error {
	if p.spec.Ready == nil {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, readyTimeout)
	defer cancel()
	if err := p.spec.Ready(ctx); err != nil {
		return err
	}
	if isDone(r) { // somebody else answered on its port
		return errors.New("it ended")
	}
	return nil
}

func exitError(err error) error {
	if err == nil {
		return errors.New("exit status 0")
	}
	return err
}

// logEnd returns the end of the log for an error message, empty when there is none.
func (p *Process) logEnd() string {
	if p.spec.LogFile == "" {
		return ""
	}
	b, err := os.ReadFile(p.spec.LogFile)
	if err != nil {
		return ""
	}
	return fmt.Sprintf("; the end of its log %s:\n%s", p.spec.LogFile, b[max(0, len(b)-logTail):])
}
