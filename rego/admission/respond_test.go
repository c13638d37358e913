package admission_test

import (
	"strings"
	"testing"
	"unicode/utf8"

	"tollgate.dev/tollgate/rego/admission"
)

// TestWarningsFit: within what the API server shows.
func TestWarningsFit(t *testing.T) {
	got, _ := judge(t, admission.Options{}, rule("a", `violation contains {"msg": sprintf("%d %s", [i, concat("", ["é" | some _ in numbers.range(1, 300)])])} if some i in numbers.range(1, 100)`, warns)).Validate(t.Context(), create(`{}`))
	total := 0
	for _, w := range got.Warnings {
		n := utf8.RuneCountInString(w)
		if total += n; n > 256 {
			t.Errorf("%d runes", n)
		}
	}
	if total > 4096 || total < 3500 {
		t.Errorf("%d runes in all", total)
	}
	if last := got.Warnings[len(got.Warnings)-1]; last != "and 85 more" {
		t.Errorf("the last warning: %q", last)
	}
	if !got.Allowed {
		t.Error("a warning refuses")
	}
}

func TestManyDenialsFit(t *testing.T) {
	got, _ := judge(t, admission.Options{}, rule("a", `violation contains {"msg": sprintf("%d", [i])} if some i in numbers.range(1, 500)`)).Validate(t.Context(), create(`{}`))
	lines := strings.Split(got.Result.Message, "\n")
	if len(lines) != 51 || lines[50] != "and 450 more" || len(got.Result.Details.Causes) != 50 {
		t.Errorf("%d lines, %q, %d causes", len(lines), lines[len(lines)-1], len(got.Result.Details.Causes))
	}
}
