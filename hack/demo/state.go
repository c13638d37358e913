package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"slices"
	"sync"
	"time"

	"tollgate.dev/tollgate/hack/supervise"
)

// phase is how far the supervisor is.
type phase string

const (
	working phase = "working"
	ready   phase = "ready"
	failed  phase = "failed"
)

// state is what the supervisor tells the other commands, in .demo/state.json.
type state struct {
	Phase phase
	// Round counts bring-ups and repairs, from 1.
	Round int
	// Error says why Phase is failed.
	Error string `json:",omitempty"`
	// Steps of this round, in the order of their start.
	Steps []step
	// Processes that have been started, by name.
	Processes []process
	// Addresses of what listens, by name.
	Addresses map[string]string
	// Notes are things a user should know, such as a stand-in.
	Notes []string
}

// step is one part of a bring-up.
type step struct {
	Name  string
	Began time.Time
	// Took is 0 while the step goes on.
	Took  time.Duration
	Error string `json:",omitempty"`
}

// process is one supervised process.
type process struct {
	Name string
	// PID is 0 while it is down.
	PID    int
	Deaths int
}

// board keeps the state and writes each change to a file.
type board struct {
	path string

	mu    sync.Mutex
	state state
}

func newBoard(path string) *board {
	return &board{path: path, state: state{Phase: working, Addresses: map[string]string{}}}
}

// change applies a change and writes it. A full disk must not end the demo: the error goes to the supervisor's log.
func (b *board) change(f func(*state)) {
	b.mu.Lock()
	defer b.mu.Unlock()
	f(&b.state)
	if err := writeState(b.path, b.state); err != nil {
		fmt.Fprintln(os.Stderr, err)
	}
}

// begin starts a round.
func (b *board) begin() {
	b.change(func(s *state) { s.Phase, s.Round, s.Error, s.Steps = working, s.Round+1, "", nil })
}

// end ends a round.
func (b *board) end(err error) {
	b.change(func(s *state) {
		if s.Phase = ready; err != nil {
			s.Phase, s.Error = failed, err.Error()
		}
	})
}

func (b *board) address(name, address string) {
	b.change(func(s *state) { s.Addresses[name] = address })
}

func (b *board) note(text string) {
	b.change(func(s *state) {
		if !slices.Contains(s.Notes, text) {
			s.Notes = append(s.Notes, text)
		}
	})
}

// do runs one step and records how it went.
func (b *board) do(name string, f func() error) error {
	began := time.Now()
	b.change(func(s *state) { s.Steps = append(s.Steps, step{Name: name, Began: began}) })
	err := f()
	b.change(func(s *state) {
		i := slices.IndexFunc(s.Steps, func(st step) bool { return st.Name == name })
		s.Steps[i].Took = max(time.Since(began), 1)
		if err != nil {
			s.Steps[i].Error = err.Error()
		}
	})
	if err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	return nil
}

// observe follows the processes.
func (b *board) observe(e supervise.Event) {
	line := fmt.Sprintf("%s %s %s, process %d", time.Now().Format(time.TimeOnly), e.Name, e.Kind, e.PID)
	if e.Err != nil {
		line += fmt.Sprintf(": %v", e.Err)
	}
	if e.RestartIn > 0 {
		line += fmt.Sprintf("; restart in %s", e.RestartIn)
	}
	fmt.Fprintln(os.Stderr, line)
	b.change(func(s *state) {
		i := slices.IndexFunc(s.Processes, func(p process) bool { return p.Name == e.Name })
		if i < 0 {
			s.Processes = append(s.Processes, process{Name: e.Name})
			i = len(s.Processes) - 1
		}
		switch e.Kind {
		case supervise.Started:
			s.Processes[i].PID = e.PID
		case supervise.Exited:
			s.Processes[i].PID = 0
			s.Processes[i].Deaths++
		}
	})
}

// writeState replaces the file at once, so that a reader never sees half of it.
func writeState(path string, s state) error {
	data, err := json.MarshalIndent(s, "", "  ")
	if err != nil {
		return fmt.Errorf("writing the demo's state: %w", err)
	}
	if err := os.WriteFile(path+".new", data, 0o600); err != nil {
		return fmt.Errorf("writing the demo's state: %w", err)
	}
	if err := os.Rename(path+".new", path); err != nil {
		return fmt.Errorf("writing the demo's state: %w", err)
	}
	return nil
}

// readState returns the zero state when there is none yet.
func (h home) readState() (state, error) {
	var s state
	data, err := os.ReadFile(h.state())
	if errors.Is(err, os.ErrNotExist) {
		return s, nil
	}
	if err != nil {
		return s, fmt.Errorf("reading the demo's state: %w", err)
	}
	if err := json.Unmarshal(data, &s); err != nil {
		return s, fmt.Errorf("reading the demo's state: %w", err)
	}
	return s, nil
}

func (h home) state() string { return h.path("state.json") }
