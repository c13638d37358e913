package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"

	"tollgate.dev/tollgate/hack/binaries"
	"tollgate.dev/tollgate/hack/preflight"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx, os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "build:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, args []string) error {
	flags := flag.NewFlagSet("build", flag.ContinueOnError)
	bin := flags.String("bin", "bin", "the folder for the programs")
	force := flags.Bool("force", os.Getenv("FORCE") == "1", "build even if disk or memory look too small (also FORCE=1)")
	if err := flags.Parse(args); err != nil {
		return err
	}
	if flags.NArg() == 0 {
		return errors.New("name the programs to build, for example: go run ./hack/build etcd kube-apiserver")
	}
	root, err := binaries.Root(".")
	if err != nil {
		return err
	}
	b := builder{root: root, bin: *bin, finder: binaries.NewFinder(root), out: os.Stderr, force: *force}
	for _, name := range flags.Args() {
		if err := b.provide(ctx, name); err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
	}
	return nil
}

// builder fills a folder with programs.
type builder struct {
	root, bin string
	finder    binaries.Finder
	out       *os.File
	force     bool
}

// provide makes one program available in the folder.
func (b builder) provide(ctx context.Context, name string) error {
	c, ok := components()[name]
	if !ok {
		return errors.New("no such component")
	}
	path, err := filepath.Abs(filepath.Join(b.bin, name))
	if err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return err
	}
	found, err := b.finder.FindInstalled(ctx, name)
	if err == nil {
		fmt.Fprintf(b.out, "%s: using %s\n", name, found)
		return writeLauncher(path, found)
	}
	var missing *binaries.MissingError
	if !errors.As(err, &missing) {
		return err
	}
	for _, unsuitable := range missing.Unsuitable {
		fmt.Fprintf(b.out, "%s: not using %s\n", name, unsuitable)
	}
	if c.module == "" {
		return b.fetchRedis(ctx)
	}
	return b.build(ctx, name, path, c)
}

// writeLauncher writes a script that runs a program found elsewhere. A link would carry the program's old modification time, and make
// would come here each time.
func writeLauncher(path, program string) error {
	if err := os.Remove(path); err != nil && !errors.Is(err, os.ErrNotExist) {
		return err
	}
	quoted := "'" + strings.ReplaceAll(program, "'", `'\''`) + "'"
	return os.WriteFile(path, []byte("#!/bin/sh\nexec "+quoted+" \"$@\"\n"), 0o755)
}

func (b builder) fetchRedis(ctx context.Context) error {
	cmd := exec.CommandContext(ctx, filepath.Join(b.root, "hack", "redis", "fetch.sh"), b.bin, filepath.Join(b.root, ".cache", "redis"))
	cmd.Stdout, cmd.Stderr = b.out, b.out
	return cmd.Run()
}

func (b builder) build(ctx context.Context, name, path string, c component) error {
	dir := filepath.Join(b.root, "hack", c.folder)
	fmt.Fprintf(b.out, "%s: fetching the sources of %s\n", name, c.module)
	version, flags, err := c.stamp(ctx, dir)
	if err != nil {
		return err
	}
	if !b.force {
		if err := checkRoom(ctx, c.needs, filepath.Dir(path)); err != nil {
			return err
		}
	}
	// A rename replaces a program that runs, or that others are about to start, without a gap.
	fresh := path + ".new"
	cmd := exec.CommandContext(ctx, "go", "build", "-v", "-trimpath", "-buildvcs=false", "-tags", c.tags, "-ldflags", "-s -w "+flags, "-o", fresh, c.pkg)
	cmd.Dir, cmd.Env = dir, append(os.Environ(), "GOWORK=off")
	if err := watchBuild(b.out, name+" "+version, cmd); err != nil {
		return err
	}
	return os.Rename(fresh, path)
}

// checkRoom looks at every folder that a build writes to.
func checkRoom(ctx context.Context, n preflight.Needs, bin string) error {
	folders := []string{bin}
	for _, name := range []string{"GOCACHE", "GOMODCACHE"} {
		folder, err := goOutput(ctx, bin, "env", name)
		if err != nil {
			return err
		}
		folders = append(folders, folder)
	}
	if err := preflight.Enough("a cold build", n, folders...); err != nil {
		return fmt.Errorf("%w\nfree some, or set FORCE=1 to try anyway (a warm build cache needs much less)", err)
	}
	return nil
}
