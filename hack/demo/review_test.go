package main

import (
	"encoding/json"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"

	"tollgate.dev/tollgate/hack/binaries"
)

// reviewed has `tollgate review` judge files as the member, by the demo's cluster
// and settings, and holds its exit status and what becomes of each object, of
// which there are at least so many.
func (r rig) reviewed(least, status int, outcomes []string, files ...string) {
	r.Helper()
	cmd := exec.CommandContext(r.Context(), filepath.Join(os.Getenv("TOLLGATE_BIN"), binaries.Tollgate), append([]string{
		"review", "--output", "json", "--cluster", "--kubeconfig", r.home.kubeconfig(), "--context", "admin",
		"--settings", r.home.settings(), "--as", member, "--as-group", "acme",
	}, files...)...)
	var errs strings.Builder
	cmd.Stderr = &errs
	out, err := cmd.Output()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		r.Fatal(err)
	}
	var report struct {
		Results []struct{ File, Outcome string }
	}
	if err := json.Unmarshal(out, &report); err != nil {
		r.Fatalf("tollgate review: %v: no report: %s%s", err, out, errs.String())
	}
	if got := cmd.ProcessState.ExitCode(); got != status || len(report.Results) < least {
		r.Errorf("tollgate review: exit status %d and %d results, want %d and %d at least: %s", got, len(report.Results), status, least, errs.String())
	}
	for _, one := range report.Results {
		if !slices.Contains(outcomes, one.Outcome) {
			r.Errorf("tollgate review of %s: %s, want one of %q", one.File, one.Outcome, outcomes)
		}
	}
}
