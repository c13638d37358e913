package preflight

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"syscall"
)

// GiB is a gibibyte in bytes.
const GiB = 1 << 30

// Needs is what something takes, in bytes.
type Needs struct{ Disk, Memory uint64 }

// Enough fails when one of the folders (they need not exist yet) has too little free disk or the machine too little available memory,
// and says where and how much is missing. What names what is about to start.
func Enough(what string, n Needs, folders ...string) error {
	var problems []error
	told := map[uint64]bool{} // several folders of one disk are one problem
	for _, folder := range folders {
		free, disk, err := freeDisk(folder)
		if err == nil && free < n.Disk && !told[disk] {
			told[disk] = true
			problems = append(problems, fmt.Errorf("%s needs about %s of free disk at %s, where %s are free: %s more",
				what, gibibytes(n.Disk), folder, gibibytes(free), gibibytes(n.Disk-free)))
		}
	}
	if f, err := os.Open("/proc/meminfo"); err == nil {
		defer f.Close()
		if free, ok := availableMemory(f); ok && free < n.Memory {
			problems = append(problems, fmt.Errorf("%s needs about %s of available memory, there are %s: %s more",
				what, gibibytes(n.Memory), gibibytes(free), gibibytes(n.Memory-free)))
		}
	}
	return errors.Join(problems...)
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

func gibibytes(n uint64) string { return fmt.Sprintf("%.1f GiB", float64(n)/GiB) }
