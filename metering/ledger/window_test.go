package ledger

import (
	"math"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

var allowUnexported = cmp.AllowUnexported(window{})

func TestUnpackWindow(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name string
		in   string
		want window
		ok   bool
	}{
		{"zero", packed(0, 0, 0, 0, 0, 0, 0, 0), window{}, true},
		{"a window", packed(1e9, 2e9, 0, 5, 7, 1.5e12, -1, 1e17), window{1e9, 2e9, 5, 7, 1.5e12, -1, 1e17}, true},
		{"two limbs", packed(1, 2, 9_007_199, 999_999_999_999, 9e15, 3, 0, 0), window{1, 2, 9_007_199_999_999_999_999, 9e15, 3, 0, 0}, true},
		{"the largest sum", packed(1, 2, 9_223_372, 36_854_775_807, 0, 3, 0, 0), window{1, 2, math.MaxInt64, 0, 3, 0, 0}, true},
		{"one more", packed(1, 2, 9_223_372, 36_854_775_808, 0, 3, 0, 0), window{}, false},
		{"a high limb that is too high", packed(1, 2, 9_223_373, 0, 0, 3, 0, 0), window{}, false},
		{"a low limb that is too high", packed(1, 2, 0, 1e12, 0, 3, 0, 0), window{}, false},
		{"a fraction", packed(1, 2, 0, 0.5, 0, 3, 0, 0), window{}, false},
		{"negative", packed(1, 2, 0, -1, 0, 3, 0, 0), window{}, false},
		{"NaN", packed(1, math.NaN(), 0, 1, 0, 3, 0, 0), window{}, false},
		{"infinite", packed(1, math.Inf(1), 0, 1, 0, 3, 0, 0), window{}, false},
		{"too short", packed(1, 2, 0, 1, 0, 0, 0), window{}, false},
		{"too long", packed(1, 2, 0, 1, 0, 3, 4, 0, 0), window{}, false},
		{"nothing", "", window{}, false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, ok := unpackWindow(tt.in)
			if d := cmp.Diff(tt.want, got, allowUnexported); ok != tt.ok || d != "" {
				t.Errorf("%t\n%s", ok, d)
			}
		})
	}
}

// FuzzUnpackWindow wants what is accepted to be packed into the same bytes.
func FuzzUnpackWindow(f *testing.F) {
	f.Add(packed(1e9, 2e9, 9_007_199, 999_999_999_999, 9e15, 1.5e12, 0, 0))
	f.Add(packed(0, 0, 0, 0, 0, 0, 0, 0))
	f.Add(packed(math.NaN(), math.Inf(-1), math.Copysign(0, -1), 1e300, 0.5, -1, 0, 0))
	f.Add("")
	f.Fuzz(func(t *testing.T, s string) {
		w, ok := unpackWindow(s)
		if !ok {
			if w != (window{}) {
				t.Errorf("%+v was refused and returned", w)
			}
			return
		}
		if w.spent < 0 || w.held < 0 || w.start < 0 || w.end < 0 || w.last < 0 {
			t.Errorf("negative: %+v", w)
		}
		s = s[:48]
		back := packed(float64(w.start), float64(w.end), float64(w.spent/limb), float64(w.spent%limb), float64(w.held), float64(w.last))
		if strings.ReplaceAll(s, "\x80", "\x00") != strings.ReplaceAll(back, "\x80", "\x00") { // -0 is 0
			t.Errorf("%+v packs to %x, not %x", w, back, s)
		}
	})
}

// FuzzTerms wants the limits that are accepted to be written back as they were.
func FuzzTerms(f *testing.F) {
	for _, s := range []string{"-", "B0", "B9000000000000000", "A1", "T12", "", "B", "B-1", "b1", "B01", "B9000000000000001"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		e, amount, ok := parseLimit(s)
		if !ok {
			return
		}
		back, err := encodeLimit(Terms{Limit: amount, Enforcement: e})
		if err != nil {
			t.Fatalf("%q: %v", s, err)
		}
		if back != s && !strings.HasPrefix(s[1:], "0") {
			t.Errorf("%q is written back as %q", s, back)
		}
	})
}

func TestBoundaries(t *testing.T) {
	t.Parallel()
	b := boundaries("000000010000000002000000000300")
	tests := []struct {
		name       string
		now        int64
		start, end int64
		ok         bool
	}{
		{"before the first", 99, 0, 0, false},
		{"the first", 100, 100, 200, true},
		{"inside", 150, 100, 200, true},
		{"the last second of a window", 199, 100, 200, true},
		{"the first second of the next", 200, 200, 300, true},
		{"the last second", 299, 200, 300, true},
		{"the end", 300, 0, 0, false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			start, end, ok := b.window(tt.now)
			if start != tt.start || end != tt.end || ok != tt.ok {
				t.Errorf("%d, %d, %t", start, end, ok)
			}
		})
	}
	for _, s := range []string{"", "0000000100", "00000001000000000", "00000001000000000x00", strings.Repeat(" ", 20)} {
		if boundaries(s).valid() {
			t.Errorf("%q is valid", s)
		}
	}
	if !b.valid() || b.last() != 300 {
		t.Errorf("%q: %t, ends at %d", b, b.valid(), b.last())
	}
	// A calendar may have been cut off by somebody: nothing is found in it.
	if _, _, ok := boundaries("").window(5); ok {
		t.Error("a window in no boundaries")
	}
}
