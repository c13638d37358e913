//go:build !linux

package cores

import "errors"

var errLinux = errors.New("processors can be given to processes on Linux only")

// Apart needs Linux.
func Apart(measured, others []int) (undo func() error, err error) { return nil, errLinux }

// Beside needs Linux.
func Beside(pid, other int) error { return errLinux }
