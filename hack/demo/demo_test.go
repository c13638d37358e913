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
	"syscall"
	"testing"
	"time"

	"golang.org/x/sync/errgroup"

	"tollgate.dev/tollgate/hack/binaries"
	"tollgate.dev/tollgate/hack/cluster"
	"tollgate.dev/tollgate/hack/demo/specs"
	"tollgate.dev/tollgate/hack/supervise"
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
	bin := t.TempDir() // tollgate as it is now; bin/ may hold an older one
	build := exec.CommandContext(t.Context(), "go", "build", "-o", filepath.Join(bin, binaries.Tollgate), "tollgate.dev/tollgate/cmd/tollgate")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("building tollgate: %v\n%s", err, out)
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
	ctx, cancel := context.WithTimeout(r.Context(), 6*time.Minute)
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

// eventually waits for what is sure to come.
func (r rig) eventually(what string, condition func() bool) {
	r.Helper()
	for deadline := time.Now().Add(3 * time.Minute); !condition(); time.Sleep(50 * time.Millisecond) {
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

// admission tries what the guide says: the example tenant writes its own, and no more.
func (r rig) admission() {
	r.Helper()
	own := filepath.Join(r.home.root, "manifests", "examples", "acme")
	r.eventually("the example tenant's routes pass", func() bool {
		return !strings.Contains(r.run("acme-member", "apply", "--server-side", "-k", own), "denied")
	})
	const what = "jsonpath={.metadata.labels.tollgate\\.dev/organization} {.metadata.resourceVersion}"
	once := r.get("acme-member", "ingress", "web", "-o", what)
	if !strings.HasPrefix(once, "acme ") {
		r.Errorf("the route came back as %q, want acme's label", once)
	}
	r.run("acme-member", "apply", "--server-side", "-k", own)
	if again := r.get("acme-member", "ingress", "web", "-o", what); again != once {
		r.Errorf("a second apply changed %q to %q", once, again)
	}
	escape := filepath.Join(r.home.root, "test", "escapes", "ingress", "host-of-other-organization.yaml")
	r.contains("the refusal of another's host", r.run("acme-member", "apply", "--server-side", "-f", escape), "Forbidden", "route-hosts", "spec.rules[0].host")
	r.contains("the administrator's violations", r.get("admin", "policyviolations", "-A"), "No resources found")

	// Written past the webhook, as before it was installed: seen by the audit.
	r.run("admin", "delete", "validatingwebhookconfiguration", "tollgate")
	r.run("admin", "apply", "--server-side", "--force-conflicts", "-f", escape)
	r.eventually("what got past the webhook is listed", func() bool { return strings.Contains(r.get("admin", "policyviolations", "-A"), "route-hosts") })
	r.run("admin", "delete", "-f", escape)
}

func TestTheDemoComesUpHealsAndGoes(t *testing.T) {
	r := newRig(t)

	first := r.up()
	r.contains("the first up", first, "kube-apiserver", "The demo is up.", "COST", "acme-chat", "export KUBECONFIG=", "make demo-down")
	r.eventually("limits are in force", func() bool { return !strings.Contains(r.get("admin", "budgets", "-A"), "Unknown") })
	r.contains("an administrator's budgets", r.get("admin", "budgets", "-A"), "chat.engineers", "globex-research")
	r.eventually("usage of both organizations", func() bool {
		got := r.get("admin", "usage", "-A")
		return strings.Contains(got, "acme-chat") && strings.Contains(got, "globex-research")
	})
	r.contains("an administrator's organizations", r.get("admin", "organizationbudgets"), "acme", "globex")
	r.contains("the developer's budgets", r.get("acme-dev", "budgets"), "chat.interns")
	r.eventually("the developer sees usage", func() bool { return strings.Contains(r.get("acme-dev", "usage"), "ivy") })
	if got := r.get("acme-dev", "usage"); strings.Contains(got, "globex") || strings.Contains(got, "search") {
		t.Errorf("the developer's usage shows others:\n%s", got)
	}
	r.contains("the developer's view of everything", r.get("acme-dev", "budgets", "-A"), "Forbidden")
	r.contains("the developer's view of another namespace", r.get("acme-dev", "budgets", "-n", "globex-research"), "Forbidden")

	r.admission()

	// What dies comes back, and a second up waits for it.
	before := map[string]int{}
	for _, p := range r.state().Processes {
		before[p.Name] = p.PID
		if err := syscall.Kill(p.PID, syscall.SIGKILL); err != nil {
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

	s = r.state()
	for _, p := range s.Processes {
		if !r.lives(p.PID) {
			t.Errorf("%s does not run, or the test cannot tell", p.Name)
		}
	}
	r.contains("down", r.down(), "stopped and removed")
	if !gone() {
		t.Error("processes are left")
	}
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
	if err := os.RemoveAll(r.home.dir); err != nil {
		t.Fatal(err)
	}
	r.eventually("all processes of a removed demo end", func() bool {
		return !slices.ContainsFunc(s.Processes, func(p process) bool { return p.PID != 0 && r.lives(p.PID) })
	})
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
	for _, p := range r.state().Processes {
		if p.PID != 0 && r.lives(p.PID) {
			t.Errorf("%s is left", p.Name)
		}
	}
}

func TestWithoutARedisAnImitationServesAndSaysSo(t *testing.T) {
	r := newRig(t)
	for _, dir := range []string{r.home.run(), filepath.Dir(r.home.program())} {
		if err := os.MkdirAll(dir, 0o700); err != nil {
			t.Fatal(err)
		}
	}
	if err := copyProgram(r.home.program()); err != nil {
		t.Fatal(err)
	}
	lock, err := r.home.claim() // what says that the folder is a demo's
	if err != nil {
		t.Fatal(err)
	}
	defer lock.Close()
	b := newBoard(r.home.state())
	group := supervise.NewGroup(supervise.Options{Observe: b.observe})
	defer group.Stop()
	d := &demo{home: r.home, board: b, env: cluster.Env{Group: group, Dir: r.home.run(), Restart: true}} // finds no program at all
	if err := d.startRedis(t.Context()); err != nil {
		t.Fatal(err)
	}
	ledger, done, err := specs.OpenLedger("redis://" + d.redis)
	if err != nil {
		t.Fatal(err)
	}
	defer done()
	if _, err := ledger.NextGeneration(t.Context(), "acme"); err != nil {
		t.Errorf("the ledger on the imitation: %v", err)
	}
	if got := r.state().Notes; len(got) != 1 || !strings.Contains(got[0], "miniredis") {
		t.Errorf("notes %q do not say what serves", got)
	}
}

func TestRemoveRefusesAForeignFolder(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "thesis.txt")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := (home{dir: dir}).remove(); err == nil {
		t.Error("a folder with somebody's files is removed")
	}
	if _, err := os.Stat(file); err != nil {
		t.Error(err)
	}
}

func TestClaimIsExclusiveAndEndsWithItsHolder(t *testing.T) {
	h := home{dir: t.TempDir()}
	f, err := h.claim()
	if err != nil {
		t.Fatal(err)
	}
	if _, err := h.claim(); err == nil {
		t.Error("two supervisors")
	}
	if pid, err := h.supervisor(); err != nil || pid != os.Getpid() {
		t.Errorf("the supervisor is %d, %v; want %d", pid, err, os.Getpid())
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
	if pid, err := h.supervisor(); err != nil || pid != 0 {
		t.Errorf("the supervisor is %d, %v although nobody holds the lock", pid, err)
	}
}
