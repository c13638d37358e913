//go:build !linux

package cores

import "errors"

// Apart needs Linux.
func Apart(measured, others []int) (undo func() error, err error) {
	return nil, errors.New("processors can be given to processes on Linux only")
}
