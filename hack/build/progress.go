package main

import (
	"bufio"
	"fmt"
	"io"
	"os/exec"
	"strings"
	"time"
)

// progressInterval is how often a running build says how far it is.
const progressInterval = 5 * time.Second

// watchBuild runs go build -v and reports how many packages are compiled and modules downloaded. What is neither is an error message
// and is repeated.
func watchBuild(out io.Writer, what string, cmd *exec.Cmd) error {
	stderr, err := cmd.StderrPipe()
	if err != nil {
		return err
	}
	began := time.Now()
	if err := cmd.Start(); err != nil {
		return err
	}
	lines := make(chan string)
	go func() {
		defer close(lines)
		scanner := bufio.NewScanner(stderr)
		scanner.Buffer(nil, 1<<20)
		for scanner.Scan() {
			lines <- scanner.Text()
		}
		_, _ = io.Copy(io.Discard, stderr) // after a line too long for the scanner the build must not block
	}()
	p := progress{what: what}
	fmt.Fprintf(out, "%s: building\n", what)
	ticker := time.NewTicker(progressInterval)
	defer ticker.Stop()
	for open := true; open; {
		select {
		case line, more := <-lines:
			if open = more; more && !p.take(line) {
				fmt.Fprintln(out, line)
			}
		case <-ticker.C:
			fmt.Fprintln(out, p.line(time.Since(began)))
		}
	}
	if err := cmd.Wait(); err != nil {
		return fmt.Errorf("building failed: %w", err)
	}
	fmt.Fprintf(out, "%s: built in %s\n", what, time.Since(began).Round(time.Second))
	return nil
}

// progress counts what go build -v reports.
type progress struct {
	what                 string
	packages, downloaded int
}

// take counts a line and tells whether it was one of progress: an import path, or a download.
func (p *progress) take(line string) bool {
	switch {
	case strings.HasPrefix(line, "go: downloading "):
		p.downloaded++
	case line != "" && !strings.ContainsAny(line, " \t:#"):
		p.packages++
	default:
		return false
	}
	return true
}

func (p *progress) line(since time.Duration) string {
	text := fmt.Sprintf("%s: building for %s", p.what, since.Round(time.Second))
	if p.downloaded > 0 {
		text += fmt.Sprintf(", %d modules downloaded", p.downloaded)
	}
	if p.packages > 0 {
		text += fmt.Sprintf(", %d packages compiled", p.packages)
	}
	return text
}
