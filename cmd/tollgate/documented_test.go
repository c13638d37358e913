package main

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/spf13/cobra"
)

// document reads a document.
func document(t *testing.T, elements ...string) string {
	t.Helper()
	raw, err := os.ReadFile(filepath.Join(append([]string{"..", ".."}, elements...)...))
	if err != nil {
		t.Fatal(err)
	}
	return string(raw)
}

// has tells whether a command knows a flag.
func has(cmd *cobra.Command, flag string) bool {
	cmd.InitDefaultHelpFlag()
	name := strings.TrimPrefix(flag, "--")
	return cmd.Flags().Lookup(name) != nil || cmd.InheritedFlags().Lookup(name) != nil
}

// face is a command that runs in a cluster.
func face(t *testing.T, name string) *cobra.Command {
	t.Helper()
	cmd, _, err := newCommand().Find([]string{name})
	if err != nil {
		t.Fatal(err)
	}
	return cmd
}

// TestFlagsOfOperations: each flag that docs/operations.md names where it speaks
// of a face is one of that face, and elsewhere of some face.
func TestFlagsOfOperations(t *testing.T) {
	t.Parallel()
	operations := document(t, "docs", "operations.md")
	const apiserver, controller, webhook, end = "\nFlags of `tollgate apiserver`", "\n`tollgate controller` takes", "\n`tollgate webhook` judges", "\n## "
	faces := []*cobra.Command{face(t, "apiserver"), face(t, "controller"), face(t, "webhook")}
	flags := regexp.MustCompile("`(--[a-z-]+)")
	for i, bounds := range [][2]string{{apiserver, controller}, {controller, webhook}, {webhook, end}} {
		_, section, found := strings.Cut(operations, bounds[0])
		section, _, ended := strings.Cut(section, bounds[1])
		named := flags.FindAllStringSubmatch(section, -1)
		if !found || !ended || len(named) < 3 {
			t.Fatalf("operations.md: no section from %q to %q with flags: the test no longer sees them", bounds[0], bounds[1])
		}
		for _, m := range named {
			if !has(faces[i], m[1]) {
				t.Errorf("operations.md: %s has no flag %s", faces[i].Name(), m[1])
			}
		}
	}
	for _, m := range flags.FindAllStringSubmatch(operations, -1) {
		if m[1] != "--build-arg" && !has(faces[0], m[1]) && !has(faces[1], m[1]) && !has(faces[2], m[1]) {
			t.Errorf("operations.md: nothing has the flag %s", m[1])
		}
	}
}

// TestCommandLinesOfDocuments: what documents show of this program, in a line of
// its own or in a sentence, it understands.
func TestCommandLinesOfDocuments(t *testing.T) {
	t.Parallel()
	names, err := filepath.Glob(filepath.Join("..", "..", "docs", "*.md"))
	if err != nil {
		t.Fatal(err)
	}
	seen := 0
	for _, name := range append([]string{"README.md"}, names...) {
		if name != "README.md" {
			name = filepath.Join("docs", filepath.Base(name))
		}
		for _, m := range regexp.MustCompile("(?m)(?:`|^\\$ |^    |^bin/|\\| )tollgate ([a-z][^`\n|#>]*)").FindAllStringSubmatch(document(t, name), -1) {
			words := strings.Fields(m[1])
			cmd, rest, err := newCommand().Find(words)
			if err != nil || cmd.Name() == "tollgate" {
				t.Errorf("%s: tollgate %s: there is no such command", name, m[1])
				continue
			}
			seen++
			for _, word := range rest {
				if flag, _, _ := strings.Cut(word, "="); strings.HasPrefix(flag, "--") && !has(cmd, flag) {
					t.Errorf("%s: tollgate %s: %s has no flag %s", name, m[1], cmd.CommandPath(), flag)
				}
			}
		}
	}
	if seen < 40 {
		t.Errorf("only %d command lines were found: the test no longer sees them", seen)
	}
}
