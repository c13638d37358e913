package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"tollgate.dev/tollgate/hack/binaries"
)

// asDemo has a copy of this test binary be the demo: the supervisor and the workers are started from it.
const asDemo = "DEMO_TEST_AS_DEMO"

func TestMain(m *testing.M) {
	if os.Getenv(asDemo) != "" {
		main()
		return
	}
	os.Exit(m.Run())
}

// rig is a demo in a folder of its own.
type rig struct {
	*testing.T
	home    home
	kubectl string
}

func newRig(t *testing.T) rig {
	if testing.Short() {
		t.Skip("runs real components: left out under -short")
	}
	t.Setenv(asDemo, "1")
	t.Setenv("FORCE", "1") // whatever else is built or tested beside it
	bin := t.TempDir()     // tollgate as it is now; bin/ may hold an older one
	if err := binaries.BuildTollgate(t.Context(), filepath.Join("..", ".."), filepath.Join(bin, binaries.Tollgate)); err != nil {
		t.Fatal(err)
	}
	t.Setenv("TOLLGATE_BIN", bin)
	h, err := findHome(filepath.Join(t.TempDir(), "demo"))
	if err != nil {
		t.Fatal(err)
	}
	h.tied = true
	kubectl, err := binaries.NewFinder(h.root).Find(t.Context(), binaries.Kubectl)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if t.Failed() {
			log, _ := os.ReadFile(h.log()) // for a human; without it the failure stands as it is
			t.Logf("supervisor's log:\n%s", log)
		}
		var out bytes.Buffer
		if err := down(context.Background(), h, &out); err != nil {
			t.Errorf("cleaning up: %v\n%s", err, out.String())
		}
	})
	return rig{T: t, home: h, kubectl: kubectl}
}

func (r rig) up() string {
	r.Helper()
	ctx, cancel := context.WithTimeout(r.Context(), 25*time.Minute)
	defer cancel()
	var out bytes.Buffer
	if err := up(ctx, r.home, &out); err != nil {
		r.Fatalf("up: %v\n%s", err, out.String())
	}
	return out.String()
}

func (r rig) down() string {
	r.Helper()
	var out bytes.Buffer
	if err := down(r.Context(), r.home, &out); err != nil {
		r.Fatalf("down: %v\n%s", err, out.String())
	}
	return out.String()
}

func (r rig) state() state {
	r.Helper()
	s, err := r.home.readState()
	if err != nil {
		r.Fatal(err)
	}
	return s
}

// get runs kubectl get as a context's user and returns its output, errors included.
func (r rig) get(context string, args ...string) string {
	r.Helper()
	return r.run(context, append([]string{"get"}, args...)...)
}

// run runs kubectl as a context's user and returns its output, errors included.
func (r rig) run(context string, args ...string) string {
	r.Helper()
	all := append([]string{"--kubeconfig", r.home.kubeconfig(), "--context", context}, args...)
	out, err := exec.CommandContext(r.Context(), r.kubectl, all...).CombinedOutput()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		r.Fatal(err)
	}
	return string(out)
}

func (r rig) contains(what, text string, wants ...string) {
	r.Helper()
	for _, want := range wants {
		if !strings.Contains(text, want) {
			r.Errorf("%s lacks %q:\n%s", what, want, text)
		}
	}
}

// shows waits until what kubectl answers holds all of the words: what just stood still does not answer for a moment.
func (r rig) shows(what string, ask func() string, wants ...string) {
	r.Helper()
	var got, lacks string
	for deadline := time.Now().Add(patience); ; time.Sleep(50 * time.Millisecond) {
		got, lacks = ask(), ""
		for _, want := range wants {
			if !strings.Contains(got, want) {
				lacks = want
			}
		}
		if lacks == "" {
			return
		}
		if time.Now().After(deadline) {
			r.Fatalf("%s lacks %q:\n%s", what, lacks, got)
		}
	}
}

// does tells whether a call of kubectl succeeds.
func (r rig) does(context string, args ...string) bool {
	all := append([]string{"--kubeconfig", r.home.kubeconfig(), "--context", context}, args...)
	return exec.CommandContext(r.Context(), r.kubectl, all...).Run() == nil
}

// patience bounds waits for what comes after a while.
const patience = 5 * time.Minute

// eventually waits for what is sure to come.
func (r rig) eventually(what string, condition func() bool) {
	r.Helper()
	for deadline := time.Now().Add(patience); !condition(); time.Sleep(50 * time.Millisecond) {
		if time.Now().After(deadline) {
			r.Fatalf("never happened: %s", what)
		}
	}
}

// lives tells whether a process of the demo runs: an id may have gone to a stranger, but not with the demo's folder in its arguments
// or environment.
func (r rig) lives(pid int) bool {
	cmdline, err := os.ReadFile(fmt.Sprintf("/proc/%d/cmdline", pid))
	cwd, _ := os.Readlink(fmt.Sprintf("/proc/%d/cwd", pid)) // empty when it is gone
	return err == nil && (bytes.Contains(cmdline, []byte(r.home.dir)) || strings.HasPrefix(cwd, r.home.dir))
}

// allRun tells whether every process of the demo runs.
func (r rig) allRun() bool {
	r.Helper()
	all := r.state().Processes
	return len(all) > 0 && !slices.ContainsFunc(all, func(p process) bool { return p.PID == 0 || !r.lives(p.PID) })
}
