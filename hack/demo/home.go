package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"

	"tollgate.dev/tollgate/hack/binaries"
)

// home is the source tree and the demo's folder.
type home struct {
	root, dir string
	// tied has the supervisor end with whoever starts it. Tests want that; a demo is to outlive make.
	tied bool
}

// findHome takes the folder, or .demo in the source tree when it is empty.
func findHome(dir string) (home, error) {
	root, err := binaries.Root(".")
	if err != nil {
		return home{}, err
	}
	if dir == "" {
		dir = filepath.Join(root, ".demo")
	}
	if dir, err = filepath.Abs(dir); err != nil {
		return home{}, fmt.Errorf("finding the demo's folder: %w", err)
	}
	return home{root: root, dir: dir}, nil
}

func (h home) path(parts ...string) string {
	return filepath.Join(append([]string{h.dir}, parts...)...)
}

// kubeconfig is what users of the demo point kubectl at.
func (h home) kubeconfig() string { return h.path("kubeconfig") }

// run holds a folder per component.
func (h home) run() string { return h.path("run") }

// platform is a file of what the platform's administrators have in the demo.
func (h home) platform(name string) string {
	return filepath.Join(h.root, "hack", "demo", "platform", name)
}

// settings of admission, for the webhook and the audit.
func (h home) settings() string { return filepath.Join(h.root, "hack", "demo", "settings.yaml") }

func (h home) log() string { return h.path("supervisor.log") }

// program is the copy of this program that the supervisor runs from: go run removes its own.
func (h home) program() string { return h.path("bin", "demo") }

// lockFile is locked by the supervisor for as long as it lives, and holds its process id. An id in a file may belong to a stranger by
// now; that of a file that is locked does not.
func (h home) lockFile() string { return h.path("supervisor.pid") }

const (
	claimTries = 20
	claimPause = 10 * time.Millisecond
	// A glance that does not get a processor may take seconds.
	glanceTries = 100 * claimTries

	removeTries = 100
	removePause = 100 * time.Millisecond
)

// exclusively keeps two commands from starting or removing the demo at the same time. The lock is on the folder around the demo's,
// so that no file of its own is left behind.
func (h home) exclusively(f func() error) error {
	around, err := os.Open(filepath.Dir(h.dir))
	if err != nil {
		return fmt.Errorf("locking the demo: %w", err)
	}
	defer around.Close()
	if err := syscall.Flock(int(around.Fd()), syscall.LOCK_EX); err != nil {
		return fmt.Errorf("locking the demo: %w", err)
	}
	return f()
}

// claim makes this process the supervisor. The file returned has to stay open.
func (h home) claim() (*os.File, error) {
	f, err := os.OpenFile(h.lockFile(), os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, fmt.Errorf("claiming the demo: %w", err)
	}
	// A glance of supervisor below locks the file for a moment too; another supervisor keeps it.
	for tries := 0; ; tries++ {
		if err = syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err == nil {
			break
		}
		if tries >= claimTries && namesSomebody(f) || tries >= glanceTries {
			f.Close()
			return nil, fmt.Errorf("claiming the demo: another supervisor has it: %w", err)
		}
		time.Sleep(claimPause)
	}
	if err := f.Truncate(0); err != nil {
		return nil, fmt.Errorf("claiming the demo: %w", err)
	}
	if _, err := f.WriteAt([]byte(strconv.Itoa(os.Getpid())), 0); err != nil {
		return nil, fmt.Errorf("claiming the demo: %w", err)
	}
	return f, nil
}

// namesSomebody tells whether the id in a lock file is that of a process: nobody but a supervisor writes one.
func namesSomebody(f *os.File) bool {
	b := make([]byte, 20)
	n, err := f.ReadAt(b, 0)
	if err != nil && !errors.Is(err, io.EOF) {
		return false
	}
	pid, err := strconv.Atoi(strings.TrimSpace(string(b[:n])))
	return err == nil && pid > 0 && !errors.Is(syscall.Kill(pid, 0), syscall.ESRCH)
}

// holds tells whether the lock that was claimed is still the one that others look at.
func (h home) holds(lock *os.File) bool {
	held, err := lock.Stat()
	if err != nil {
		return false
	}
	there, err := os.Stat(h.lockFile())
	return err == nil && os.SameFile(held, there)
}

// supervisor returns the id of the running supervisor, 0 when there is none.
func (h home) supervisor() (int, error) {
	f, err := os.Open(h.lockFile())
	if errors.Is(err, os.ErrNotExist) {
		return 0, nil
	}
	if err != nil {
		return 0, fmt.Errorf("looking for the demo: %w", err)
	}
	defer f.Close()
	err = syscall.Flock(int(f.Fd()), syscall.LOCK_SH|syscall.LOCK_NB)
	if err == nil { // nobody holds it; closing the file gives the lock back
		return 0, nil
	}
	if !errors.Is(err, syscall.EWOULDBLOCK) {
		return 0, fmt.Errorf("looking for the demo: %w", err)
	}
	b, err := os.ReadFile(h.lockFile())
	if err != nil {
		return 0, fmt.Errorf("looking for the demo: %w", err)
	}
	pid, err := strconv.Atoi(strings.TrimSpace(string(b)))
	if err != nil {
		return 0, nil // claimed this moment, its id is not written yet
	}
	if errors.Is(syscall.Kill(pid, 0), syscall.ESRCH) {
		return 0, nil // killed this moment: the kernel gives its lock back a little after its id
	}
	return pid, nil
}

// remove deletes the folder, unless it holds files and none of them says that it is a demo's: then somebody named the wrong folder.
func (h home) remove() error {
	entries, err := os.ReadDir(h.dir)
	if errors.Is(err, os.ErrNotExist) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("removing a demo's folder: %w", err)
	}
	ours := func(e os.DirEntry) bool {
		return e.Name() == filepath.Base(h.lockFile()) || e.Name() == filepath.Base(h.log())
	}
	if len(entries) > 0 && !slices.ContainsFunc(entries, ours) {
		return fmt.Errorf("%s is not the folder of a demo; not removing it", h.dir)
	}
	for tries := 0; ; tries++ {
		err := os.RemoveAll(h.dir)
		if err == nil {
			return nil
		}
		// Whoever is being killed writes its last file while the folder is emptied.
		if tries == removeTries || !errors.Is(err, syscall.ENOTEMPTY) {
			return fmt.Errorf("removing a demo's folder: %w", err)
		}
		time.Sleep(removePause)
	}
}
