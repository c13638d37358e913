package supervise_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"tollgate.dev/tollgate/hack/supervise"
)

const stubborn = `trap "" TERM; while true; do sleep 0.05; done`

// eventually waits for a condition; what is expected happens or the test fails after some minutes.
func eventually(t *testing.T, what string, condition func() bool) {
	t.Helper()
	for deadline := time.Now().Add(3 * time.Minute); !condition(); {
		if time.Now().After(deadline) {
			t.Fatalf("never happened: %s", what)
		}
		time.Sleep(5 * time.Millisecond)
	}
}

// state returns the letter of a process's state in /proc, "" when there is none (proc(5)).
func state(pid int) string {
	b, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return ""
	}
	_, rest, _ := strings.Cut(string(b), ") ")
	return rest[:1]
}

// gone tells whether no process lives under an id; one that waits to be reaped by a foreign parent does not live.
func gone(pid int) bool { s := state(pid); return s == "" || s == "Z" }

func newGroup(t *testing.T, opts supervise.Options) *supervise.Group {
	if opts.MinBackoff == 0 {
		opts.MinBackoff = time.Millisecond
	}
	g := supervise.NewGroup(opts)
	t.Cleanup(g.Stop)
	return g
}

func start(t *testing.T, g *supervise.Group, spec supervise.Spec) *supervise.Process {
	t.Helper()
	spec.Path = "/bin/sh"
	p, err := g.Start(t.Context(), spec)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func shell(script string) []string { return []string{"-c", script} }

func TestAKilledProcessComesBack(t *testing.T) {
	events := make(chan supervise.Event, 100)
	g := newGroup(t, supervise.Options{Observe: func(e supervise.Event) { events <- e }})
	p := start(t, g, supervise.Spec{Name: "sleeper", Args: shell("exec sleep 1000"), Restart: true})
	first := p.PID()
	if err := p.Kill(); err != nil {
		t.Fatal(err)
	}
	if !gone(first) {
		t.Errorf("process %d lives after Kill", first)
	}
	eventually(t, "a new process", func() bool { return p.PID() != 0 && p.PID() != first })
	for _, want := range []supervise.EventKind{supervise.Started, supervise.Exited, supervise.Started} {
		if e := <-events; e.Kind != want || e.Name != "sleeper" || want == supervise.Exited && e.RestartIn <= 0 {
			t.Errorf("event %+v, want %s", e, want)
		}
	}
	p.Stop()
	time.Sleep(20 * time.Millisecond) // several backoffs: a restart would have come
	if p.PID() != 0 {
		t.Error("a stopped process came back")
	}
}

func TestWhatIsDownStaysDown(t *testing.T) {
	events := make(chan supervise.Event, 100)
	g := newGroup(t, supervise.Options{Observe: func(e supervise.Event) { events <- e }})
	p := start(t, g, supervise.Spec{Name: "sleeper", Args: shell("exec sleep 1000"), Restart: true})
	first := p.PID()
	for range 2 {
		p.Down()
		if !gone(first) || p.PID() != 0 {
			t.Errorf("process %d lives", first)
		}
	}
	if err := p.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	if p.PID() == 0 {
		t.Error("it is down after Start")
	}
	for _, want := range []supervise.EventKind{supervise.Started, supervise.Exited, supervise.Started} {
		if e := <-events; e.Kind != want || e.RestartIn != 0 {
			t.Errorf("event %+v, want %s and no restart", e, want)
		}
	}
}

func TestAKilledProcessStaysDownWithoutRestart(t *testing.T) {
	g := newGroup(t, supervise.Options{})
	p := start(t, g, supervise.Spec{Name: "sleeper", Args: shell("exec sleep 1000")})
	if err := p.Kill(); err != nil {
		t.Fatal(err)
	}
	if err := p.Kill(); err == nil {
		t.Error("killing a dead process reports no error")
	}
	if p.PID() != 0 {
		t.Error("it runs")
	}
	if err := p.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	if p.PID() == 0 {
		t.Error("it is down after Start")
	}
}

func TestBackoffGrows(t *testing.T) {
	const least, most = time.Millisecond, 200 * time.Millisecond
	pauses := make(chan time.Duration, 1000)
	g := newGroup(t, supervise.Options{
		MinBackoff: least, MaxBackoff: most,
		Observe: func(e supervise.Event) {
			if e.Kind == supervise.Exited {
				pauses <- e.RestartIn
			}
		},
	})
	dir := t.TempDir()
	// It lives until it is killed once, and dies at once ever after.
	p := start(t, g, supervise.Spec{
		Name: "crasher", Restart: true, Args: shell("[ -e up ] && exit 3; touch up; exec sleep 1000"), Dir: dir,
		Ready: func(context.Context) error { _, err := os.Stat(filepath.Join(dir, "up")); return err },
	})
	if err := p.Kill(); err != nil {
		t.Fatal(err)
	}
	if got := <-pauses; got != least {
		t.Errorf("first pause %v", got)
	}
	// Each pause is twice the one before, up to the largest. A run longer than three times the largest starts over, and a busy machine
	// may stretch any run to that.
	for before, largest := least, 0; largest < 2; {
		got := <-pauses
		if got != min(2*before, most) && got != least {
			t.Fatalf("pause %v after %v", got, before)
		}
		if before = got; got == most {
			largest++
		} else {
			largest = 0
		}
	}
}

func TestStopEndsEverythingInReverse(t *testing.T) {
	dir := t.TempDir()
	g := newGroup(t, supervise.Options{Grace: 100 * time.Millisecond})
	end := func(name string) string {
		return fmt.Sprintf(`trap 'echo %s >> order; exit 0' TERM; touch %s.up; while true; do sleep 0.01; done`, name, name)
	}
	up := func(name string) func(context.Context) error {
		return func(context.Context) error { _, err := os.Stat(filepath.Join(dir, name+".up")); return err }
	}
	var pids []int
	for _, name := range []string{"first", "second", "third"} {
		p := start(t, g, supervise.Spec{Name: name, Args: shell(end(name)), Dir: dir, Ready: up(name), Grace: time.Minute, Restart: true})
		pids = append(pids, p.PID())
	}
	paused := start(t, g, supervise.Spec{Name: "paused", Args: shell(end("paused")), Dir: dir, Ready: up("paused"), Grace: time.Minute})
	if err := paused.Pause(); err != nil {
		t.Fatal(err)
	}
	deaf := start(t, g, supervise.Spec{Name: "deaf", Args: shell("touch deaf.up; " + stubborn), Dir: dir, Ready: up("deaf"), Restart: true})
	pids = append(pids, paused.PID(), deaf.PID())

	g.Stop()
	for _, pid := range pids {
		if state(pid) != "" {
			t.Errorf("process %d is left in state %s", pid, state(pid))
		}
	}
	order, err := os.ReadFile(filepath.Join(dir, "order"))
	if got := strings.Fields(string(order)); err != nil || fmt.Sprint(got) != "[paused third second first]" {
		t.Errorf("ended in the order %v, %v", got, err)
	}
	if _, err := g.Start(t.Context(), supervise.Spec{Name: "late", Path: "/bin/true"}); err == nil {
		t.Error("a stopped group starts processes")
	}
	if err := deaf.Start(t.Context()); err == nil {
		t.Error("a process of a stopped group starts")
	}
}

func TestPauseAndResume(t *testing.T) {
	g := newGroup(t, supervise.Options{})
	p := start(t, g, supervise.Spec{Name: "sleeper", Args: shell("exec sleep 1000")})
	if err := p.Pause(); err != nil {
		t.Fatal(err)
	}
	eventually(t, "it stands still", func() bool { return state(p.PID()) == "T" })
	if err := p.Resume(); err != nil {
		t.Fatal(err)
	}
	eventually(t, "it goes on", func() bool { return state(p.PID()) == "S" })
}

func TestNotReady(t *testing.T) {
	dir := t.TempDir()
	notYet := func(context.Context) error { return errors.New("not yet") }
	tests := []struct {
		name   string
		script string
		path   string
		ready  func(context.Context) error
		within time.Duration
		want   []string
	}{
		{name: "it dies", script: "echo no such database; exit 7", ready: notYet, within: time.Minute, want: []string{"exit status 7", "no such database"}},
		{name: "it never answers", script: "exec sleep 1000", ready: notYet, within: time.Second, want: []string{"not yet", "deadline"}},
		{name: "no such program", path: filepath.Join(dir, "nothing"), within: time.Minute, want: []string{"nothing: no such file"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			g := newGroup(t, supervise.Options{})
			if tt.path == "" {
				tt.path = "/bin/sh"
			}
			ctx, cancel := context.WithTimeout(t.Context(), tt.within)
			defer cancel()
			_, err := g.Start(ctx, supervise.Spec{
				Name: "server", Path: tt.path, Args: shell(tt.script), Ready: tt.ready, LogFile: filepath.Join(t.TempDir(), "log"),
			})
			if err == nil {
				t.Fatal("no error")
			}
			for _, want := range tt.want {
				if !strings.Contains(err.Error(), want) {
					t.Errorf("error %q lacks %q", err, want)
				}
			}
			if g.Process("server") != nil {
				t.Error("what never became ready stays in the group")
			}
		})
	}
}

func TestNamesAreUnique(t *testing.T) {
	g := newGroup(t, supervise.Options{})
	p := start(t, g, supervise.Spec{Name: "redis", Args: shell("exec sleep 1000")})
	if _, err := g.Start(t.Context(), supervise.Spec{Name: "redis", Path: "/bin/true"}); err == nil {
		t.Error("two processes of one name")
	}
	if g.Process("redis") != p || g.Process("mimir") != nil {
		t.Error("Process does not find by name")
	}
}
