package supervise_test

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"tollgate.dev/tollgate/hack/supervise"
)

// role makes a copy of this test binary play a part; see TestMain.
const role = "SUPERVISE_TEST_ROLE"

func TestMain(m *testing.M) {
	switch os.Getenv(role) {
	case "parent":
		parent()
	case "":
		os.Exit(m.Run())
	}
}

// parent supervises a process that ignores SIGTERM, prints its id and waits to be killed.
func parent() {
	g := supervise.NewGroup(supervise.Options{})
	p, err := g.Start(context.Background(), supervise.Spec{Name: "stubborn", Path: "/bin/sh", Args: []string{"-c", stubborn}})
	if err != nil {
		fmt.Println(err)
		os.Exit(1)
	}
	fmt.Println(p.PID())
	select {}
}

func TestWhatAChildForkedGoesWithIt(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "grandchild")
	g := newGroup(t, supervise.Options{})
	p := start(t, g, supervise.Spec{
		Name: "forker", Args: shell(`sleep 1000 & echo $! > tmp; mv tmp grandchild; wait`), Dir: dir,
		Ready: func(context.Context) error { _, err := os.Stat(file); return err },
	})
	b, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	pid, err := strconv.Atoi(strings.TrimSpace(string(b)))
	if err != nil || gone(pid) {
		t.Fatalf("no grandchild: %v, state %q", err, state(pid))
	}
	// Only the child itself dies, as when it crashes.
	if err := syscall.Kill(p.PID(), syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	eventually(t, "the grandchild ends", func() bool { return gone(pid) })
}

func TestAKilledParentLeavesNothing(t *testing.T) {
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(exe)
	cmd.Env = append(os.Environ(), role+"=parent")
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	var pid int
	if _, err := fmt.Fscan(out, &pid); err != nil {
		t.Fatal(err)
	}
	if gone(pid) {
		t.Fatal("the child is not running")
	}
	if err := cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = cmd.Wait() // "signal: killed"
	eventually(t, "the child of the killed parent ends", func() bool { return gone(pid) })
}
