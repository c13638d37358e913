package supervise

import (
	"context"
	"time"
)

// Spec describes one child process.
type Spec struct {
	// Name tells the process apart in its group, in messages and in events.
	Name string
	// Path is the program; Args are its arguments without the program's name.
	Path string
	Args []string
	// Env is added to the environment of the supervisor.
	Env []string
	// Dir is the working directory; empty means the supervisor's.
	Dir string
	// LogFile receives stdout and stderr, appended; empty discards them.
	LogFile string
	// Ready answers nil once the process serves. It is asked again and again, each time with a deadline of a few seconds. Nil means
	// that a started process counts as ready.
	Ready func(ctx context.Context) error
	// Restart brings the process back when it dies without having been stopped.
	Restart bool
	// Grace is how long the process may take to end after SIGTERM before it is killed; 0 means the group's.
	Grace time.Duration
}

// Options are a group's settings. The zero value is usable.
type Options struct {
	// MinBackoff and MaxBackoff bound the pause before a restart: it starts at the former (default 200 ms), doubles with each death
	// and never passes the latter (default 10 s). A process that lived longer than three times MaxBackoff starts over.
	MinBackoff, MaxBackoff time.Duration
	// Grace is the default of Spec.Grace (default 10 s).
	Grace time.Duration
	// Observe is told what happens to the processes, from several goroutines; nil means nobody listens. It must not call the
	// process.
	Observe func(Event)
}

// EventKind says what happened to a process.
type EventKind string

// The kinds of events.
const (
	Started EventKind = "started"
	Exited  EventKind = "exited"
	Failed  EventKind = "failed to start"
)

// Event is one thing that happened to a supervised process.
type Event struct {
	Kind EventKind
	Name string
	// PID is the process id, 0 when the process did not start.
	PID int
	// Err is how the process ended or why it did not start; nil for Started and for exit status 0.
	Err error
	// RestartIn is how long until it is started again; 0 when it stays down.
	RestartIn time.Duration
}

func (o Options) withDefaults() Options {
	if o.MinBackoff <= 0 {
		o.MinBackoff = 200 * time.Millisecond
	}
	if o.MaxBackoff < o.MinBackoff {
		o.MaxBackoff = max(10*time.Second, o.MinBackoff)
	}
	if o.Grace <= 0 {
		o.Grace = 10 * time.Second
	}
	if o.Observe == nil {
		o.Observe = func(Event) {}
	}
	return o
}
