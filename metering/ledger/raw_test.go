package ledger

import (
	"fmt"
	"io"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestParseReply(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, in string
		want     map[int]string // the fields that are present
		ok       bool
	}{
		{"strings", "*2\r\n$1\r\na\r\n$2\r\nbc\r\n", map[int]string{0: "a", 1: "bc"}, true},
		{"nulls of RESP2 and RESP3", "*3\r\n$-1\r\n_\r\n$0\r\n\r\n", map[int]string{2: ""}, true},
		{"bytes that look like the protocol", "*1\r\n$6\r\n\r\n$1\r\n\r\n", map[int]string{0: "\r\n$1\r\n"}, true},
		{"nothing", "", nil, false},
		{"too few", "*2\r\n$1\r\na\r\n", nil, false},
		{"too many", "*10\r\n" + strings.Repeat("_\r\n", 10), nil, false},
		{"more than was announced", "*1\r\n_\r\n_\r\n", nil, false},
		{"a string that is cut off", "*1\r\n$5\r\nab\r\n", nil, false},
		{"a string that goes on", "*1\r\n$1\r\nabc", nil, false},
		{"an error", "-MOVED 1 127.0.0.1:1\r\n", nil, false},
		{"a signed count", "*+1\r\n_\r\n", nil, false},
		{"needless zeros", "*1\r\n$01\r\na\r\n", nil, false},
		{"a negative count", "*-1\r\n", nil, false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var n nodeFields
			if ok := n.parse(tt.in); ok != tt.ok {
				t.Fatal(ok)
			}
			if !tt.ok {
				return
			}
			got := map[int]string{}
			for i := range n.value {
				if n.present[i] {
					got[i] = n.value[i]
				}
			}
			if d := cmp.Diff(tt.want, got); d != "" {
				t.Error(d)
			}
		})
	}
}

// FuzzParseReply wants what is read to be written back as it was, nulls in the
// form in which they came.
func FuzzParseReply(f *testing.F) {
	f.Add("*2\r\n$1\r\na\r\n$-1\r\n")
	f.Add("*1\r\n_\r\n")
	f.Add("*3\r\n$-1\r\n$5\r\n_\r\n$-\r\n_\r\n")
	f.Add("*1\r\n$5\r\n0000000")
	f.Add("*+1\r\n$01\r\na\r\n")
	f.Add("-WRONGTYPE x\r\n")
	f.Fuzz(func(t *testing.T, s string) {
		var n nodeFields
		if !n.parse(s) {
			return
		}
		var count int
		if _, err := fmt.Sscanf(s, "*%d\r\n", &count); err != nil {
			t.Fatalf("%q was read: %v", s, err)
		}
		back := fmt.Sprintf("*%d\r\n", count)
		for i := range fieldCount {
			switch {
			case n.present[i]:
				back += fmt.Sprintf("$%d\r\n%s\r\n", len(n.value[i]), n.value[i])
			case i >= count:
			case len(back) < len(s) && s[len(back)] == '_':
				back += "_\r\n"
			default:
				back += "$-1\r\n"
			}
		}
		if back != s {
			t.Errorf("%q was read from %q", back, s)
		}
	})
}

// TestRepliesAreCollectedWhole reads through the shortcut that go-redis's
// io.CopyN takes, and without it.
func TestRepliesAreCollectedWhole(t *testing.T) {
	t.Parallel()
	r := &replies{}
	n, err := io.CopyN(r, strings.NewReader("abcdef"), 4)
	if err != nil || n != 4 || string(r.b) != "abcd" {
		t.Errorf("%d, %v, %q", n, err, r.b)
	}
	if _, err := io.CopyN(r, strings.NewReader("xy"), 4); err != io.EOF || string(r.b) != "abcdxy" {
		t.Errorf("cut off: %v, %q", err, r.b)
	}
	if _, err := r.ReadFrom(strings.NewReader("z")); err != nil || string(r.b) != "abcdxyz" {
		t.Errorf("%v, %q", err, r.b)
	}
}
