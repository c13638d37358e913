package main

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"

	"golang.org/x/sync/errgroup"

	"tollgate.dev/tollgate/hack/binaries"
)

func TestTheDemoComesUpHealsAndGoes(t *testing.T) {
	r := newRig(t)

	first := r.up()
	r.contains("the first up", first, "kube-apiserver", "The demo is up.", "COST", "acme-chat", "export KUBECONFIG=", "make demo-down")
	r.eventually("limits are in force", func() bool {
		got := r.get("admin", "budgets", "-A")
		return strings.Contains(got, "Active") && !strings.Contains(got, "Unknown")
	})
	r.shows("an administrator's budgets", func() string { return r.get("admin", "budgets", "-A") }, "chat.engineers", "globex-research")
	r.eventually("usage of both organizations", func() bool {
		got := r.get("admin", "usage", "-A")
		return strings.Contains(got, "acme-chat") && strings.Contains(got, "globex-research")
	})
	r.shows("an administrator's organizations", func() string { return r.get("admin", "organizationbudgets") }, "acme", "globex")
	r.shows("the developer's budgets", func() string { return r.get("acme-dev", "budgets") }, "chat.interns")
	r.eventually("the developer sees usage", func() bool { return strings.Contains(r.get("acme-dev", "usage"), "ivy") })
	if got := r.get("acme-dev", "usage"); strings.Contains(got, "globex") || strings.Contains(got, "search") {
		t.Errorf("the developer's usage shows others:\n%s", got)
	}
	r.shows("the developer's view of everything", func() string { return r.get("acme-dev", "budgets", "-A") }, "Forbidden")
	r.shows("the developer's view of another namespace", func() string { return r.get("acme-dev", "budgets", "-n", "globex-research") }, "Forbidden")

	r.admission()
	r.money()

	// What dies comes back, and a second up waits for it.
	r.eventually("every process runs", r.allRun)
	before := map[string]int{}
	for _, p := range r.state().Processes {
		before[p.Name] = p.PID
		if p.PID == 0 || !r.lives(p.PID) {
			continue // it died by itself, and comes back
		}
		if err := syscall.Kill(p.PID, syscall.SIGKILL); err != nil && !errors.Is(err, syscall.ESRCH) {
			t.Fatalf("killing %s: %v", p.Name, err)
		}
	}
	if len(before) < 8 {
		t.Errorf("only %d processes are supervised: %v", len(before), before)
	}
	r.eventually("every process is back", func() bool {
		for _, p := range r.state().Processes {
			if p.PID == 0 || p.PID == before[p.Name] {
				return false
			}
		}
		return true
	})
	second := r.up()
	r.contains("the second up", second, "up already", "The demo is up.")
	if strings.Contains(second, "anew") {
		t.Errorf("the same build starts the demo anew:\n%s", second)
	}
	r.eventually("limits are in force again", func() bool { return strings.Contains(r.get("admin", "budgets", "-A"), "Active") })

	// A killed supervisor takes everything with it, and up starts over.
	s := r.state()
	pid, err := r.home.supervisor()
	if err != nil || pid == 0 {
		t.Fatalf("no supervisor: %v", err)
	}
	if err := syscall.Kill(pid, syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	gone := func() bool { // its children may be gone a moment before it is
		if running, err := r.home.supervisor(); err != nil || running != 0 {
			return false
		}
		for _, p := range s.Processes {
			if p.PID != 0 && r.lives(p.PID) {
				return false
			}
		}
		return true
	}
	r.eventually("nothing is left of a killed demo", gone)
	r.contains("up after that", r.up(), "Starting the demo", "The demo is up.")

	// Another build does not mend what an older one runs.
	if err := os.WriteFile(r.home.program()+".older", []byte("older"), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.Rename(r.home.program()+".older", r.home.program()); err != nil {
		t.Fatal(err)
	}
	r.contains("up of another build", r.up(), "anew", "The demo is up.")

	r.eventually("every process runs, and the test can tell", r.allRun)
	s = r.state()
	r.contains("down", r.down(), "stopped and removed")
	r.eventually("no process is left", gone)
	if _, err := os.Stat(r.home.dir); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("the demo's folder is left: %v", err)
	}
	r.contains("down without a demo", r.down(), "no demo")
}

func TestTwoUpsAtOnceStartOneDemoWhichGoesWithItsFolder(t *testing.T) {
	r := newRig(t)
	outs := make([]bytes.Buffer, 2)
	var g errgroup.Group
	for i := range outs {
		g.Go(func() error { return up(t.Context(), r.home, &outs[i]) })
	}
	if err := g.Wait(); err != nil {
		t.Fatalf("%v\n%s\n%s", err, outs[0].String(), outs[1].String())
	}
	both := outs[0].String() + outs[1].String()
	if n := strings.Count(both, "Starting the demo"); n != 1 {
		t.Errorf("started %d times:\n%s", n, both)
	}
	if n := strings.Count(both, "The demo is up."); n != 2 {
		t.Errorf("told %d times that it is up:\n%s", n, both)
	}

	// Who deletes the folder, or the whole clone, leaves no process behind.
	s := r.state()
	removed := func() bool { return os.RemoveAll(r.home.dir) == nil } // others write there until they end
	r.eventually("the folder goes", removed)
	r.eventually("all processes of a removed demo end", func() bool {
		return !slices.ContainsFunc(s.Processes, func(p process) bool { return p.PID != 0 && r.lives(p.PID) })
	})
	r.eventually("what they made anew goes", removed)
}

func TestUpSaysWhyItFails(t *testing.T) {
	r := newRig(t)
	// A kube-apiserver that ends at once, found first.
	bin := t.TempDir()
	if err := os.WriteFile(filepath.Join(bin, binaries.KubeAPIServer), []byte("#!/bin/sh\necho no certificate here; exit 3\n"), 0o700); err != nil {
		t.Fatal(err)
	}
	t.Setenv("TOLLGATE_BIN", bin)
	var out bytes.Buffer
	err := up(t.Context(), r.home, &out)
	if err == nil {
		t.Fatalf("no error:\n%s", out.String())
	}
	r.contains("the error", err.Error(), "kube-apiserver", "exit status 3", "no certificate here", r.home.log())
	r.eventually("the supervisor has ended", func() bool { pid, err := r.home.supervisor(); return err == nil && pid == 0 })
	r.eventually("none of its processes is left", func() bool {
		return !slices.ContainsFunc(r.state().Processes, func(p process) bool { return p.PID != 0 && r.lives(p.PID) })
	})
}
