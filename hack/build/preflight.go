package main

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
)

// enough fails when a build is likely to run out of disk or memory, and says where and how much is missing.
func enough(n needs, bin string) error {
	var problems []error
	folders := []string{bin}
	if out, err := exec.Command("go", "env", "GOCACHE", "GOMODCACHE").Output(); err == nil {
		folders = append(folders, strings.Fields(string(out))...)
	}
	told := map[uint64]bool{} // several folders of one disk are one problem
	for _, folder := range folders {
		free, disk, err := freeDisk(folder)
		if err == nil && free < n.disk && !told[disk] {
			told[disk] = true
			problems = append(problems, fmt.Errorf("a cold build needs about %s of free disk at %s, where %s are free: %s more",
				gibibytes(n.disk), folder, gibibytes(free), gibibytes(n.disk-free)))
		}
	}
	if f, err := os.Open("/proc/meminfo"); err == nil {
		defer f.Close()
		if free, ok := availableMemory(f); ok && free < n.memory {
			problems = append(problems, fmt.Errorf("the build needs about %s of available memory, there are %s: %s more",
				gibibytes(n.memory), gibibytes(free), gibibytes(n.memory-free)))
		}
	}
	if len(problems) == 0 {
		return nil
	}
	return errors.Join(append(problems, errors.New("free some, or set FORCE=1 to try anyway (a warm build cache needs much less)"))...)
}

// freeDisk returns how many bytes an ordinary user may still write at a folder, which need not exist yet, and which disk that is.
func freeDisk(folder string) (free, disk uint64, err error) {
	var at syscall.Stat_t
	for err = syscall.Stat(folder, &at); errors.Is(err, os.ErrNotExist) && folder != filepath.Dir(folder); err = syscall.Stat(folder, &at) {
		folder = filepath.Dir(folder)
	}
	if err != nil {
		return 0, 0, err
	}
	var fs syscall.Statfs_t
	if err := syscall.Statfs(folder, &fs); err != nil {
		return 0, 0, err
	}
	return uint64(fs.Bavail) * uint64(fs.Bsize), uint64(at.Dev), nil
}

// availableMemory reads MemAvailable of /proc/meminfo (proc(5)), in bytes.
func availableMemory(meminfo io.Reader) (uint64, bool) {
	lines := bufio.NewScanner(meminfo)
	for lines.Scan() {
		var kib uint64
		if _, err := fmt.Sscanf(lines.Text(), "MemAvailable: %d kB", &kib); err == nil {
			return kib << 10, true
		}
	}
	return 0, false
}

func gibibytes(n uint64) string { return fmt.Sprintf("%.1f GiB", float64(n)/gib) }
