// Package exit gives errors of commands the exit status that they ask for. It is
// called by the commands below cmd/tollgate, and by its main.
package exit

import "errors"

// failure is an error with the exit status that it asks for.
type failure struct {
	err  error
	code int
}

func (e *failure) Error() string { return e.err.Error() }
func (e *failure) Unwrap() error { return e.err }

// With gives an error a status. It keeps the status of an error that has one
// already, and nil is nil.
func With(err error, code int) error {
	var e *failure
	if err == nil || errors.As(err, &e) {
		return err
	}
	return &failure{err, code}
}

// Code is the status that an error asks for, false when it asks for none.
func Code(err error) (int, bool) {
	var e *failure
	if errors.As(err, &e) {
		return e.code, true
	}
	return 0, false
}
