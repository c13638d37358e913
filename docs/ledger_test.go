package docs

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// TestEveryAnswerOfTheLedgerIsDocumented: a guard in another language is written
// by docs/ledger.md, so every word that a script answers is in it, and no other.
func TestEveryAnswerOfTheLedgerIsDocumented(t *testing.T) {
	scripts, err := filepath.Glob(filepath.Join("..", "metering", "ledger", "lua", "*.lua"))
	if err != nil || len(scripts) < 5 {
		t.Fatalf("%v: %v", scripts, err)
	}
	document := read(t, "ledger.md")
	named := map[string]bool{}
	for _, m := range regexp.MustCompile("`([a-z]+)`").FindAllStringSubmatch(document, -1) {
		named[m[1]] = true
	}
	answered := map[string]bool{}
	for _, script := range scripts {
		raw, err := os.ReadFile(script)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range regexp.MustCompile(`\{(?:held and )?'([a-z]+)'(?: or '([a-z]+)')?(?:, '([a-z]+)')?`).FindAllStringSubmatch(string(raw), -1) {
			for _, word := range m[1:3] {
				if answered[word] = true; word != "" && !named[word] {
					t.Errorf("%s answers %s, which ledger.md does not explain", filepath.Base(script), word)
				}
			}
			if m[1] == "bad" && !regexp.MustCompile(`\b`+m[3]+`\b`).MatchString(document) {
				t.Errorf("%s answers bad %s: ledger.md has no argument of that name", filepath.Base(script), m[3])
			}
		}
	}
	_, scriptsSection, found := strings.Cut(document, "\n## Scripts\n")
	scriptsSection, _, _ = strings.Cut(scriptsSection, "\n### Reading\n")
	explained := 0
	for first := range rows(scriptsSection) {
		for _, m := range regexp.MustCompile("`([a-z]+)`").FindAllStringSubmatch(first, -1) {
			explained++
			if !answered[m[1]] {
				t.Errorf("ledger.md explains the answer %s, which no script gives", m[1])
			}
		}
	}
	if !found || explained < 15 {
		t.Errorf("only %d answers were found in ledger.md: the test no longer sees them", explained)
	}
}
