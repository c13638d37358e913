package cluster

import (
	"context"
	"fmt"
	"os"
	"path/filepath"

	"tollgate.dev/tollgate/hack/binaries"
	"tollgate.dev/tollgate/hack/supervise"
)

// Env is where components run.
type Env struct {
	// Group supervises the processes; its Stop ends them.
	Group *supervise.Group
	// Binaries finds the programs.
	Binaries binaries.Finder
	// Dir holds a folder per component with its data, configuration and log.
	Dir string
	// Restart has the supervisor bring back a component that dies. The demo wants that; tests of faults mostly do not.
	Restart bool
}

// FindBinaries returns the finder for the source tree around the working folder: $TOLLGATE_BIN, the tree's bin/, $KUBEBUILDER_ASSETS,
// $PATH.
func FindBinaries() (binaries.Finder, error) {
	root, err := binaries.Root(".")
	if err != nil {
		return binaries.Finder{}, err
	}
	return binaries.NewFinder(root), nil
}

// folder makes the folder of a component and returns its path.
func (e Env) folder(name string) (string, error) {
	dir := filepath.Join(e.Dir, name)
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return "", fmt.Errorf("making a folder for %s: %w", name, err)
	}
	return filepath.Abs(dir)
}

// start finds the program and starts it; log and working folder default to the component's.
func (e Env) start(ctx context.Context, program string, spec supervise.Spec) (*supervise.Process, error) {
	path, err := e.Binaries.Find(ctx, program)
	if err != nil {
		return nil, err
	}
	dir, err := e.folder(spec.Name)
	if err != nil {
		return nil, err
	}
	spec.Path, spec.Restart = path, e.Restart
	if spec.Dir == "" {
		spec.Dir = dir
	}
	if spec.LogFile == "" {
		spec.LogFile = filepath.Join(dir, spec.Name+".log")
	}
	return e.Group.Start(ctx, spec)
}
