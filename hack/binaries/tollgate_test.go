package binaries_test

import (
	"debug/buildinfo"
	"debug/elf"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"runtime/debug"
	"slices"
	"strings"
	"syscall"
	"testing"

	"tollgate.dev/tollgate/hack/binaries"
)

func root(t *testing.T) string {
	t.Helper()
	dir, err := binaries.Root(".")
	if err != nil {
		t.Fatal(err)
	}
	return dir
}

func read(t *testing.T, elements ...string) string {
	t.Helper()
	raw, err := os.ReadFile(filepath.Join(elements...))
	if err != nil {
		t.Fatal(err)
	}
	return string(raw)
}

// TestOneBuildCommand: the image has what make build makes.
func TestOneBuildCommand(t *testing.T) {
	t.Parallel()
	tree := root(t)
	recipe := regexp.MustCompile(`(?m)^bin/tollgate:\n\t@(.*)$`).FindStringSubmatch(read(t, tree, "Makefile"))
	if recipe == nil {
		t.Fatal("the Makefile has no recipe for bin/tollgate")
	}
	command := strings.ReplaceAll(recipe[1], "$@", "bin/tollgate")
	dockerfile := read(t, tree, "manifests", "image", "Dockerfile")
	if !regexp.MustCompile(`(?m)^RUN (.*; )?` + regexp.QuoteMeta(command) + `$`).MatchString(dockerfile) {
		t.Errorf("the Dockerfile does not run %q:\n%s", command, dockerfile)
	}
	// The tests' builds, quoted as a shell would have it.
	own := read(t, "tollgate.go")
	var arguments []string
	for _, m := range regexp.MustCompile(`"([^"]*)"|\bfile\b`).FindAllStringSubmatch(regexp.MustCompile(`CommandContext\(ctx, (.*)\)`).FindStringSubmatch(own)[1], -1) {
		arguments = append(arguments, m[1])
	}
	for i, a := range arguments {
		switch {
		case a == "":
			arguments[i] = "bin/tollgate"
		case strings.Contains(a, " "):
			flag, value, _ := strings.Cut(a, "=")
			arguments[i] = flag + "='" + value + "'"
		}
	}
	if got := "CGO_ENABLED=0 " + strings.Join(arguments, " "); got != command {
		t.Errorf("tests build with %q, make with %q", got, command)
	}
}

// TestTheProgramNeedsNothing: an image without a libc, a shell or any other file runs it.
func TestTheProgramNeedsNothing(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("it builds tollgate")
	}
	tree, image := root(t), t.TempDir()
	program := filepath.Join(image, "tollgate")
	if err := binaries.BuildTollgate(t.Context(), tree, program); err != nil {
		t.Fatal(err)
	}
	t.Run("static", func(t *testing.T) {
		if runtime.GOOS != "linux" {
			t.Skip("no ELF program")
		}
		f, err := elf.Open(program)
		if err != nil {
			t.Fatal(err)
		}
		defer f.Close()
		if slices.ContainsFunc(f.Progs, func(p *elf.Prog) bool { return p.Type == elf.PT_INTERP }) {
			t.Error("it needs a dynamic linker")
		}
		if libraries, err := f.ImportedLibraries(); err == nil && len(libraries) > 0 {
			t.Errorf("it needs %v", libraries)
		}
	})
	t.Run("the same from any folder", func(t *testing.T) {
		info, err := buildinfo.ReadFile(program)
		if err != nil {
			t.Fatal(err)
		}
		for _, want := range []debug.BuildSetting{{Key: "-trimpath", Value: "true"}, {Key: "CGO_ENABLED", Value: "0"}} {
			if !slices.Contains(info.Settings, want) {
				t.Errorf("it was not built with %s=%s", want.Key, want.Value)
			}
		}
	})
	t.Run("runs alone", func(t *testing.T) {
		if os.Geteuid() != 0 {
			t.Skip("only root may change the root folder")
		}
		if err := os.Chmod(image, 0o755); err != nil {
			t.Fatal(err)
		}
		for _, tt := range []struct{ args, want string }{
			{"version", runtime.Version()},
			{"policies list", "route-hosts"}, // the baseline is in the program
		} {
			cmd := exec.CommandContext(t.Context(), "/tollgate", strings.Fields(tt.args)...)
			cmd.Dir, cmd.Env = "/", []string{}
			cmd.SysProcAttr = &syscall.SysProcAttr{Chroot: image, Credential: &syscall.Credential{Uid: 65532, Gid: 65532}}
			out, err := cmd.CombinedOutput()
			if errors.Is(err, syscall.EPERM) {
				t.Skip("this root may not change the root folder")
			}
			if err != nil || !strings.Contains(string(out), tt.want) {
				t.Errorf("tollgate %s: %v: %s", tt.args, err, out)
			}
		}
	})
}

// TestTheImageRunsAsTheDeployments: by number, without rights.
func TestTheImageRunsAsTheDeployments(t *testing.T) {
	t.Parallel()
	tree := root(t)
	user := regexp.MustCompile(`(?m)^USER (\d+):(\d+)$`).FindStringSubmatch(read(t, tree, "manifests", "image", "Dockerfile"))
	if user == nil || user[1] == "0" {
		t.Fatalf("the image's user is %q", user)
	}
	for _, face := range []string{"apiserver", "controller", filepath.Join("webhook", "base")} {
		if deployment := read(t, tree, "manifests", face, "deployment.yaml"); !strings.Contains(deployment, "runAsUser: "+user[1]+"\n") {
			t.Errorf("the Deployment of %s does not run as %s", face, user[1])
		}
	}
}
