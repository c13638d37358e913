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

func TestEnoughSaysWhatIsMissing(t *testing.T) {
	folder := filepath.Join(t.TempDir(), "not", "there", "yet")
	if err := enough(needs{disk: 1, memory: 1}, folder); err != nil {
		t.Errorf("next to nothing is too much: %v", err)
	}
	err := enough(needs{disk: 1 << 62, memory: 1 << 61}, folder)
	if err == nil {
		t.Fatal("no error for more than any machine has")
	}
	for _, want := range []string{"free disk at " + folder, "available memory", "4294967296.0 GiB", "more", "FORCE=1"} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("error %q lacks %q", err, want)
		}
	}
}

func TestAvailableMemory(t *testing.T) {
	tests := []struct {
		name, text string
		want       uint64
		ok         bool
	}{
		{name: "proc", text: "MemTotal:       24000000 kB\nMemFree:  1 kB\nMemAvailable:   20000000 kB\n", want: 20000000 << 10, ok: true},
		{name: "an old kernel", text: "MemTotal:       24000000 kB\n"},
		{name: "empty"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, ok := availableMemory(strings.NewReader(tt.text))
			if got != tt.want || ok != tt.ok {
				t.Errorf("%d, %t; want %d, %t", got, ok, tt.want, tt.ok)
			}
		})
	}
}

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
