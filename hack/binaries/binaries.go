package binaries

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"time"
)

// The programs that can be found.
const (
	CertManager           = "certmanager"
	Etcd                  = "etcd"
	KubeAPIServer         = "kube-apiserver"
	KubeControllerManager = "kube-controller-manager"
	Kubectl               = "kubectl"
	Mimir                 = "mimir"
	Prometheus            = "prometheus"
	RedisServer           = "redis-server"
	RedisCLI              = "redis-cli"
	Tollgate              = "tollgate"
)

// module is the line by which the top of the source tree is known.
const module = "module tollgate.dev/tollgate\n"

// requirement is what a program found outside bin/ must answer: exactly the major version, and at least the minor one. With
// newerMajor a later major version will do too.
type requirement struct {
	arguments    []string
	major, minor int
	newerMajor   bool
}

// required returns what is asked of a program; ok is false for one that only make build provides.
func required(name string) (requirement, bool) {
	switch name {
	case Etcd:
		return requirement{arguments: []string{"--version"}, major: 3, minor: 6}, true
	case KubeAPIServer, KubeControllerManager:
		return requirement{arguments: []string{"--version"}, major: 1, minor: 36}, true
	case Kubectl:
		return requirement{arguments: []string{"version", "--client"}, major: 1, minor: 36}, true
	case Mimir:
		return requirement{arguments: []string{"--version"}, major: 3}, true
	case Prometheus:
		return requirement{arguments: []string{"--version"}, major: 3}, true
	case RedisServer, RedisCLI:
		return requirement{arguments: []string{"--version"}, major: 7, newerMajor: true}, true
	}
	return requirement{}, false
}

// Finder looks for programs in folders, in order. Trusted folders are filled by make build; what stands in the others has to be of
// a version that suits.
type Finder struct {
	Trusted []string
	Others  []string
}

// NewFinder returns the finder for a source tree: $TOLLGATE_BIN and the tree's bin/, then $KUBEBUILDER_ASSETS and $PATH.
func NewFinder(root string) Finder {
	bin := filepath.Join(root, "bin")
	f := Finder{Trusted: []string{bin}}
	if dir := os.Getenv("TOLLGATE_BIN"); dir != "" {
		f.Trusted = []string{dir, bin}
	}
	if dir := os.Getenv("KUBEBUILDER_ASSETS"); dir != "" {
		f.Others = append(f.Others, dir)
	}
	for _, dir := range filepath.SplitList(os.Getenv("PATH")) {
		if dir != "" && dir != bin {
			f.Others = append(f.Others, dir)
		}
	}
	return f
}

// MissingError says that a program was not found and what to do.
type MissingError struct {
	Name string
	// Unsuitable are programs of that name with the reason why they will not do.
	Unsuitable []string
}

func (e *MissingError) Error() string {
	msg := fmt.Sprintf("%s not found: run make build (or make bin/%s)", e.Name, e.Name)
	if len(e.Unsuitable) > 0 {
		msg += "; passed over " + strings.Join(e.Unsuitable, ", ")
	}
	return msg
}

// Find returns the path of a program, or a *MissingError.
func (f Finder) Find(ctx context.Context, name string) (string, error) {
	for _, dir := range f.Trusted {
		if path := filepath.Join(dir, name); executable(path) {
			return filepath.Abs(path)
		}
	}
	return f.FindInstalled(ctx, name)
}

// FindInstalled is Find without the trusted folders: what the machine has of its own.
func (f Finder) FindInstalled(ctx context.Context, name string) (string, error) {
	missing := &MissingError{Name: name}
	want, ok := required(name)
	if !ok {
		return "", missing
	}
	for _, dir := range f.Others {
		path := filepath.Join(dir, name)
		if !executable(path) {
			continue
		}
		if err := suits(ctx, path, want); err != nil {
			missing.Unsuitable = append(missing.Unsuitable, fmt.Sprintf("%s (%v)", path, err))
			continue
		}
		return filepath.Abs(path)
	}
	return "", missing
}

func executable(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.Mode().IsRegular() && info.Mode()&0o111 != 0
}

func suits(ctx context.Context, path string, want requirement) error {
	ctx, cancel := context.WithTimeout(ctx, 20*time.Second)
	defer cancel()
	cmd := exec.CommandContext(ctx, path, want.arguments...)
	cmd.WaitDelay = time.Second
	out, err := cmd.CombinedOutput()
	if err != nil {
		return fmt.Errorf("asked for its version: %w", err)
	}
	major, minor, err := parseVersion(string(out))
	if err != nil {
		return err
	}
	if major == want.major && minor >= want.minor || want.newerMajor && major > want.major {
		return nil
	}
	return fmt.Errorf("version %d.%d, want %d.%d or newer", major, minor, want.major, want.minor)
}

// parseVersion takes the first version in a program's answer: "etcd Version: 3.6.16", "Kubernetes v1.36.3", "Redis server v=7.0.15".
func parseVersion(text string) (major, minor int, err error) {
	found := regexp.MustCompile(`(?i)(?:^|[\sv=])v?(\d+)\.(\d+)\.\d+`).FindStringSubmatch(text)
	if found == nil {
		return 0, 0, errors.New("it tells no version")
	}
	if major, err = strconv.Atoi(found[1]); err == nil {
		minor, err = strconv.Atoi(found[2])
	}
	return major, minor, err
}

// Root returns the top of the source tree that holds dir.
func Root(dir string) (string, error) {
	dir, err := filepath.Abs(dir)
	if err != nil {
		return "", fmt.Errorf("finding the source tree: %w", err)
	}
	for {
		b, err := os.ReadFile(filepath.Join(dir, "go.mod"))
		if err == nil && strings.HasPrefix(string(b), module) {
			return dir, nil
		}
		parent := filepath.Dir(dir)
		if parent == dir {
			return "", errors.New("finding the source tree: run this inside a clone of tollgate")
		}
		dir = parent
	}
}
