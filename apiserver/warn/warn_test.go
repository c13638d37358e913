package warn_test

import (
	"context"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
	utilnet "k8s.io/apimachinery/pkg/util/net"
	"k8s.io/apiserver/pkg/warning"

	"tollgate.dev/tollgate/apiserver/warn"
)

type recorder struct{ texts []string }

func (r *recorder) AddWarning(_, text string) { r.texts = append(r.texts, text) }

func TestAdd(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, text string
		want       []string
	}{
		{name: "plain", text: "redis is down", want: []string{"redis is down"}},
		{name: "empty", text: " \n"},
		{name: "lines are joined", text: "one\r\n\ttwo", want: []string{"one two"}},
		{name: "control characters go", text: "a\x1b[31mb\x00c", want: []string{"a[31mbc"}},
		{name: "bad UTF-8 is replaced", text: "a\xffb", want: []string{"a\uFFFDb"}},
		{name: "long is cut", text: strings.Repeat("ä", 300), want: []string{strings.Repeat("ä", 255) + "…"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			var r recorder
			warn.Add(warning.WithWarningRecorder(context.Background(), &r), tt.text)
			if diff := cmp.Diff(tt.want, r.texts); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func FuzzSanitize(f *testing.F) {
	f.Add("redis: dial tcp 127.0.0.1:6379: connection refused\n")
	f.Add("\u2028\u00a0\xff\x7f")
	f.Fuzz(func(t *testing.T, text string) {
		got := warn.Sanitize(text)
		if !utf8.ValidString(got) || utf8.RuneCountInString(got) > warn.MaxLength {
			t.Fatalf("%q became %q: not valid, or too long", text, got)
		}
		for _, r := range got {
			if !unicode.IsPrint(r) {
				t.Fatalf("%q became %q: %U is not printable", text, got, r)
			}
		}
		if got == "" {
			return
		}
		// What the generic server itself asks of a warning.
		if _, err := utilnet.NewWarningHeader(299, "-", got); err != nil {
			t.Fatalf("%q became %q: %v", text, got, err)
		}
	})
}
