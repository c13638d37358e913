package inventory_test

import (
	"strings"
	"testing"

	"tollgate.dev/tollgate/rego/inventory"
)

func TestNormalHost(t *testing.T) {
	for _, tc := range []struct{ name, host, want string }{
		{name: "as it is", host: "www.acme.example", want: "www.acme.example"},
		{name: "upper case", host: "WWW.Acme.EXAMPLE", want: "www.acme.example"},
		{name: "a trailing dot", host: "www.acme.example.", want: "www.acme.example"},
		{name: "one trailing dot only", host: "www.acme.example..", want: "www.acme.example."},
		{name: "a wildcard", host: "*.Acme.example.", want: "*.acme.example"},
		{name: "empty", host: "", want: "*"},
		{name: "a dot", host: ".", want: "*"},
		{name: "every host", host: "*", want: "*"},
		{name: "an umlaut", host: "bücher.example", want: "xn--bcher-kva.example"},
		{name: "an umlaut in upper case", host: "BÜCHER.example", want: "xn--bcher-kva.example"},
		{name: "an A-label in upper case", host: "XN--BCHER-KVA.example", want: "xn--bcher-kva.example"},
		{name: "full-width letters", host: "ａｃｍｅ.example", want: "acme.example"},
		{name: "an ideographic full stop", host: "www。acme.example。", want: "www.acme.example"},
		{name: "below a wildcard", host: "*.bücher.example", want: "*.xn--bcher-kva.example"},
		{name: "an underscore", host: "_acme.Example", want: "_acme.example"},
		{name: "sharp s is kept apart, as browsers do", host: "straße.example", want: "xn--strae-oqa.example"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			if got := inventory.NormalHost(tc.host); got != tc.want {
				t.Errorf("NormalHost(%q) = %q, want %q", tc.host, got, tc.want)
			}
		})
	}
}

func FuzzNormalHost(f *testing.F) {
	for _, s := range []string{"a.example", "*.A.", "ü.example", "。", "xn--a", "*.", strings.Repeat("a.", 200)} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, host string) {
		got := inventory.NormalHost(host)
		if got == "" {
			t.Fatalf("NormalHost(%q) is empty", host)
		}
		if strings.ContainsFunc(got, func(r rune) bool { return 'A' <= r && r <= 'Z' }) {
			t.Fatalf("NormalHost(%q) = %q holds upper case", host, got)
		}
	})
}
