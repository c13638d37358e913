package cores

import (
	"errors"
	"fmt"
	"os"
	"strconv"
	"time"

	"golang.org/x/sys/unix"
)

// settleFor is longer than Go programs take to notice that they were given
// other processors.
const settleFor = 1500 * time.Millisecond

// Apart gives the processes measured half of this process's processors, and
// itself and the others the other half, until undo is called. On a machine with
// one processor it returns an error.
func Apart(measured, others []int) (undo func() error, err error) {
	var all unix.CPUSet
	if err := unix.SchedGetaffinity(0, &all); err != nil {
		return nil, fmt.Errorf("asking for the processors of this process: %w", err)
	}
	if all.Count() < 2 {
		return nil, errors.New("a tail can be measured only where the server and the load have a processor each; this machine has one")
	}
	others = append([]int{os.Getpid()}, others...)
	theirs, rest := halves(&all)
	undo = func() error { return place(append(others, measured...), &all) }
	if err := errors.Join(place(measured, theirs), place(others, rest)); err != nil {
		return nil, errors.Join(err, undo())
	}
	time.Sleep(settleFor)
	return undo, nil
}

// Beside gives a process the processors of another.
func Beside(pid, other int) error {
	var cpus unix.CPUSet
	if err := unix.SchedGetaffinity(other, &cpus); err != nil {
		return fmt.Errorf("asking for the processors of process %d: %w", other, err)
	}
	return place([]int{pid}, &cpus)
}

func halves(all *unix.CPUSet) (first, second *unix.CPUSet) {
	first, second = new(unix.CPUSet), new(unix.CPUSet)
	half := all.Count() / 2
	for cpu, left := 0, all.Count(); left > 0; cpu++ {
		if !all.IsSet(cpu) {
			continue
		}
		if left > half {
			second.Set(cpu)
		} else {
			first.Set(cpu)
		}
		left--
	}
	return first, second
}

// place moves every thread of the processes. A thread made later has the
// processors of the one that made it, so it looks until it finds no new one.
func place(pids []int, cpus *unix.CPUSet) error {
	for _, pid := range pids {
		for moved, before := 0, -1; moved != before; {
			before, moved = moved, 0
			threads, err := os.ReadDir(fmt.Sprintf("/proc/%d/task", pid))
			if err != nil {
				return fmt.Errorf("finding the threads of process %d: %w", pid, err)
			}
			for _, t := range threads {
				id, err := strconv.Atoi(t.Name())
				if err != nil {
					return fmt.Errorf("finding the threads of process %d: %w", pid, err)
				}
				if err := unix.SchedSetaffinity(id, cpus); err != nil && !errors.Is(err, unix.ESRCH) {
					return fmt.Errorf("giving process %d its processors: %w", pid, err)
				}
				moved++
			}
		}
	}
	return nil
}
