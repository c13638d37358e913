package controller_test

import (
	"bytes"
	"context"
	"errors"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"tollgate.dev/tollgate/hack/cluster"
	"tollgate.dev/tollgate/hack/supervise"
)

// notLeading is the last that a controller says which can no longer renew its
// lease: it, or kube-apiserver, stood still for ten seconds.
const notLeading = "Error: running the controller: leader election lost"

// replica is one controller. As in a Deployment, another process follows one that ends.
type replica struct {
	*supervise.Process
	metrics, health string
}

// replicas are those of a rig. One that no longer leads ends, and is started
// again; any other end that nobody asked for fails the test.
type replicas struct {
	dir   string
	group *supervise.Group
	fail  func(format string, args ...any)

	mu sync.Mutex
	// told is how much of each log belongs to processes that have ended.
	told map[string]int
	down map[string]bool // killed by the test
	lost map[string]int  // how often one ended because it no longer led
}

func newReplicas(t *testing.T, dir string) *replicas {
	r := &replicas{dir: dir, fail: t.Errorf, told: map[string]int{}, down: map[string]bool{}, lost: map[string]int{}}
	r.group = supervise.NewGroup(supervise.Options{Grace: patience, Observe: r.observe})
	t.Cleanup(r.group.Stop)
	return r
}

func (r *replicas) logFile(name string) string { return filepath.Join(r.dir, name+".log") }

// observe is told of every start and end, before anybody who waits for the end goes on.
func (r *replicas) observe(e supervise.Event) {
	if e.Kind == supervise.Started {
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	log, err := os.ReadFile(r.logFile(e.Name))
	if err != nil {
		r.fail("reading the log of the controller %s, which ended with %v: %v", e.Name, e.Err, err)
		return
	}
	said := log[r.told[e.Name]:]
	r.told[e.Name] = len(log)
	switch {
	case e.Kind == supervise.Exited && e.Err == nil && e.RestartIn == 0: // in order, because it was asked to
	case r.down[e.Name] && e.RestartIn == 0:
	case e.Kind == supervise.Exited && bytes.Contains(said, []byte(notLeading)):
		r.lost[e.Name]++
	default:
		r.fail("the controller %s %s: %v; the end of its log:\n%s", e.Name, e.Kind, e.Err, said[max(0, len(said)-4<<10):])
	}
}

// losses returns how often a replica ended because it no longer led.
func (r *replicas) losses(c *replica) int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.lost[c.Name()]
}

// kill ends a replica at once; it stays down until it is started.
func (r *replicas) kill(c *replica) {
	r.mu.Lock()
	r.down[c.Name()] = true
	r.mu.Unlock()
	c.Down()
	r.mu.Lock()
	r.down[c.Name()] = false
	r.mu.Unlock()
}

// start starts a controller; its name tells replicas apart.
func (r *rig) start(name string, args ...string) *replica {
	r.Helper()
	ports, err := cluster.FreePorts(2)
	if err != nil {
		r.Fatal(err)
	}
	c := &replica{metrics: cluster.Loopback(ports[0]), health: cluster.Loopback(ports[1])}
	ctx, cancel := context.WithTimeout(r.Context(), startTimeout)
	defer cancel()
	spec := supervise.Spec{
		Name: name, Path: r.binary, Dir: r.env.Dir, LogFile: r.replicas.logFile(name), Restart: true,
		Ready: cluster.AnswersOK(http.DefaultClient, "http://"+c.health+"/readyz"),
		Args: append([]string{
			"controller", "--kubeconfig=" + r.kubeconfig,
			"--ledger=default=redis://" + r.redis["default"].Addr, "--ledger=second=redis://" + r.redis["second"].Addr,
			"--metrics-bind-address=" + c.metrics, "--health-probe-bind-address=" + c.health,
		}, args...),
	}
	for {
		c.Process, err = r.replicas.group.Start(ctx, spec)
		if err == nil {
			return c
		}
		if ctx.Err() != nil || !strings.Contains(err.Error(), notLeading) {
			r.Fatal(err)
		}
	}
}

// startAgain starts a replica that is down.
func (r *rig) startAgain(c *replica) {
	r.Helper()
	if err := c.Start(r.Context()); err != nil && !strings.Contains(err.Error(), notLeading) {
		r.Fatal(err)
	}
	r.ready(c)
}

// ready waits until a replica serves, whatever process of it does.
func (r *rig) ready(c *replica) {
	r.Helper()
	r.eventually(c.Name()+" is ready", func() error {
		ctx, cancel := context.WithTimeout(r.Context(), 5*time.Second)
		defer cancel()
		return c.WaitReady(ctx)
	})
}

// A crash is never taken for a controller that no longer leads.
func TestAnEndThatNobodyAskedForIsAFailure(t *testing.T) {
	t.Parallel()
	crash := errors.New("exit status 1")
	exited := func(err error, again time.Duration) supervise.Event {
		return supervise.Event{Kind: supervise.Exited, Name: "one", Err: err, RestartIn: again}
	}
	tests := []struct {
		name   string
		before string // what its process before said
		said   string
		event  supervise.Event
		down   bool
		fails  bool
		losses int
	}{
		{name: "ended in order", said: "stopping\n", event: exited(nil, 0)},
		{name: "killed by the test", event: exited(crash, 0), down: true},
		{name: "no longer leads", said: notLeading + "\n", event: exited(crash, time.Second), losses: 1},
		{name: "no longer leads while it is stopped", said: notLeading + "\n", event: exited(crash, 0), losses: 1},
		{name: "ends by itself", said: "bye\n", event: exited(nil, time.Second), fails: true},
		{name: "crashes", said: "panic: oh\n", event: exited(crash, time.Second), fails: true},
		{name: "crashes while it is stopped", said: "panic: oh\n", event: exited(crash, 0), fails: true},
		{name: "crashes before the test kills it", said: "panic: oh\n", event: exited(crash, time.Second), down: true, fails: true},
		{name: "the process before no longer led", before: notLeading + "\n", said: "panic: oh\n", event: exited(crash, time.Second), fails: true, losses: 1},
		{name: "cannot be started again", event: supervise.Event{Kind: supervise.Failed, Name: "one", Err: crash, RestartIn: time.Second}, fails: true},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			r := newReplicas(t, t.TempDir())
			failed := false
			r.fail = func(string, ...any) { failed = true }
			say := func(text string) {
				if err := os.WriteFile(r.logFile("one"), []byte(text), 0o600); err != nil {
					t.Fatal(err)
				}
			}
			if tt.before != "" {
				say(tt.before)
				r.observe(exited(crash, time.Second))
			}
			say(tt.before + tt.said)
			r.down["one"] = tt.down
			r.observe(tt.event)
			if failed != tt.fails || r.lost["one"] != tt.losses {
				t.Errorf("failed: %t, losses: %d", failed, r.lost["one"])
			}
		})
	}
}
