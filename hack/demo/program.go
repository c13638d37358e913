package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
)

// copyProgram copies the program that runs, which go run removes when it is done.
func copyProgram(path string) error {
	self, err := os.Executable()
	if err != nil {
		return err
	}
	from, err := os.Open(self)
	if err != nil {
		return err
	}
	defer from.Close()
	to, err := os.OpenFile(path, os.O_CREATE|os.O_WRONLY|os.O_TRUNC, 0o700)
	if err != nil {
		return err
	}
	if _, err := io.Copy(to, from); err != nil {
		return errors.Join(err, to.Close())
	}
	return to.Close()
}

// sameProgram tells whether a copy is of the program that runs.
func sameProgram(path string) (bool, error) {
	self, err := os.Executable()
	if err != nil {
		return false, fmt.Errorf("finding this program: %w", err)
	}
	ours, err := os.ReadFile(self)
	if err != nil {
		return false, fmt.Errorf("comparing builds: %w", err)
	}
	theirs, err := os.ReadFile(path)
	if err != nil {
		return false, fmt.Errorf("comparing builds: %w", err)
	}
	return bytes.Equal(ours, theirs), nil
}
