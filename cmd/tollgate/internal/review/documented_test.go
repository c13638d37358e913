package review_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestDocumentedRuns runs the examples of docs/review.md, which show what a
// terminal of 120 columns does.
func TestDocumentedRuns(t *testing.T) {
	t.Chdir(filepath.Join("..", "..", "..", ".."))
	t.Setenv("COLUMNS", "120")
	raw, err := os.ReadFile(filepath.Join("docs", "review.md"))
	if err != nil {
		t.Fatal(err)
	}
	ran := 0
	for i, part := range strings.Split(string(raw), "```console\n") {
		if i == 0 {
			continue
		}
		block, _, _ := strings.Cut(part, "```")
		line, want, _ := strings.Cut(block, "\n")
		line, ok := strings.CutPrefix(line, "$ tollgate review ")
		if !ok {
			t.Errorf("the example does not begin with a review: %s", line)
			continue
		}
		ran++
		t.Run(line, func(t *testing.T) {
			if diff := cmp.Diff(want, run(t, "", strings.Fields(line)...).out); diff != "" {
				t.Errorf("docs/review.md (-says +does):\n%s", diff)
			}
		})
	}
	if ran < 3 {
		t.Errorf("%d examples", ran)
	}
}
