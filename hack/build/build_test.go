package main

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

func TestProgressCountsAndPassesErrorsOn(t *testing.T) {
	var out bytes.Buffer
	script := `echo 'go: downloading example.com/m v1.0.0' >&2; echo example.com/m/pkg >&2; echo unsafe >&2
echo '# example.com/m/pkg' >&2; echo 'pkg/a.go:3:1: undefined: x' >&2; exit 1`
	err := watchBuild(&out, "thing v1", exec.Command("/bin/sh", "-c", script))
	if err == nil {
		t.Error("a failed build is no error")
	}
	want := "thing v1: building\n# example.com/m/pkg\npkg/a.go:3:1: undefined: x\n"
	if out.String() != want {
		t.Errorf("printed %q, want %q", out.String(), want)
	}
	p := progress{what: "thing v1"}
	for _, line := range []string{"go: downloading example.com/m v1.0.0", "example.com/m/pkg", "unsafe"} {
		if !p.take(line) {
			t.Errorf("%q is not progress", line)
		}
	}
	if got := p.line(65 * time.Second); got != "thing v1: building for 1m5s, 1 modules downloaded, 2 packages compiled" {
		t.Errorf("line %q", got)
	}
}

func TestLauncherRunsTheProgramWithItsArguments(t *testing.T) {
	dir := t.TempDir()
	program := filepath.Join(dir, "it's here")
	if err := os.WriteFile(program, []byte("#!/bin/sh\nprintf '%s|' \"$@\"\n"), 0o700); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(dir, "launcher")
	for range 2 { // the second replaces the first
		if err := writeLauncher(path, program); err != nil {
			t.Fatal(err)
		}
	}
	out, err := exec.Command(path, "a b", "$c").Output()
	if err != nil || string(out) != "a b|$c|" {
		t.Errorf("printed %q, %v", out, err)
	}
}

func TestEveryBuiltComponentHasItsModule(t *testing.T) {
	for name, c := range components() {
		if c.folder == "" {
			continue
		}
		b, err := os.ReadFile(filepath.Join("..", c.folder, "go.mod"))
		if err != nil || !strings.Contains(string(b), "\t"+c.module+" v") || !strings.Contains(string(b), c.pkg) {
			t.Errorf("%s: hack/%s/go.mod does not require %s for %s (%v)", name, c.folder, c.module, c.pkg, err)
		}
	}
}
