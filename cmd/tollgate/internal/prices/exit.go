package prices

import "errors"

// The exit statuses of the command.
const (
	exitDifferent = 1
	exitInput     = 2
	exitCluster   = 3
)

// exitError is an error with the exit status that it asks for.
type exitError struct {
	err  error
	code int
}

func (e *exitError) Error() string { return e.err.Error() }
func (e *exitError) Unwrap() error { return e.err }

// inputError marks an error as the input's fault.
func inputError(err error) error { return withCode(err, exitInput) }

// clusterError marks an error as the cluster's.
func clusterError(err error) error { return withCode(err, exitCluster) }

// withCode keeps the status of an error that has one already.
func withCode(err error, code int) error {
	var e *exitError
	if err == nil || errors.As(err, &e) {
		return err
	}
	return &exitError{err, code}
}

// errDifferent says that there are differences, with --exit-code.
var errDifferent error = &exitError{errors.New("there are differences"), exitDifferent}

// ExitCode is the exit status for an error of any command of this package, and
// false for other errors.
func ExitCode(err error) (int, bool) {
	var e *exitError
	if errors.As(err, &e) {
		return e.code, true
	}
	return 0, false
}
