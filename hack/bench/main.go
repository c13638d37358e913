// Command bench runs the benchmark programs below test/bench one after the
// other, prints their ratios as one table and writes bench.json. It fails when
// a program fails; a target that is missed is printed and does not fail, so
// that losses are seen rather than hidden.
package main

import (
	"bytes"
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"tollgate.dev/tollgate/test/bench/report"
)

// suite is one benchmark program: a main package, in a module of its own where
// dir is not the repository's.
type suite struct{ name, dir, pkg string }

func suites() []suite {
	return []suite{
		{name: "ledger", dir: ".", pkg: "./test/bench/ledger"},
		{name: "list", dir: ".", pkg: "./test/bench/list"},
		{name: "metricsserver", dir: "test/bench/metricsserver", pkg: "."},
		{name: "admission", dir: "test/bench/admission", pkg: "."},
	}
}

func main() {
	out := flag.String("o", "bench.json", "file to write the results to")
	only := flag.String("only", "", "run only the suites of these names, separated by commas")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx, *out, *only); err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, out, only string) error {
	var all []report.Result
	for _, s := range suites() {
		if only != "" && !strings.Contains(","+only+",", ","+s.name+",") {
			continue
		}
		began := time.Now()
		fmt.Fprintf(os.Stderr, "==> %s: building and measuring, this takes a minute or more\n", s.name)
		results, err := runSuite(ctx, s)
		if err != nil {
			return fmt.Errorf("suite %s: %w", s.name, err)
		}
		fmt.Fprintf(os.Stderr, "==> %s: %d results after %s\n", s.name, len(results), time.Since(began).Round(time.Second))
		all = append(all, results...)
	}
	if err := report.WriteTable(os.Stdout, all); err != nil {
		return err
	}
	var encoded bytes.Buffer
	if err := report.WriteJSON(&encoded, all); err != nil {
		return err
	}
	if err := os.WriteFile(out, encoded.Bytes(), 0o644); err != nil {
		return fmt.Errorf("writing the results: %w", err)
	}
	return nil
}

// runSuite builds the program and runs it from the repository's root with the
// environment as it is; its standard output must be a list of results.
func runSuite(ctx context.Context, s suite) ([]report.Result, error) {
	tmp, err := os.MkdirTemp("", "tollgate-bench-")
	if err != nil {
		return nil, fmt.Errorf("making a folder for the program: %w", err)
	}
	defer os.RemoveAll(tmp)
	binary := filepath.Join(tmp, s.name)
	build := exec.CommandContext(ctx, "go", "build", "-o", binary, s.pkg)
	build.Dir = s.dir
	build.Stderr = os.Stderr
	if err := build.Run(); err != nil {
		return nil, fmt.Errorf("building %s: %w", s.pkg, err)
	}
	cmd := exec.CommandContext(ctx, binary)
	cmd.Cancel = func() error { return cmd.Process.Signal(syscall.SIGTERM) }
	cmd.WaitDelay = 20 * time.Second
	cmd.Stderr = os.Stderr
	stdout, err := cmd.Output()
	if err != nil {
		return nil, fmt.Errorf("running it: %w", err)
	}
	var results []report.Result
	if err := json.Unmarshal(stdout, &results); err != nil {
		return nil, fmt.Errorf("reading its results: %w", err)
	}
	if len(results) == 0 {
		return nil, fmt.Errorf("it measured nothing")
	}
	return results, nil
}
