package tenancy_test

import (
	"strings"
	"testing"

	"pgregory.net/rapid"

	"tollgate.dev/tollgate/tenancy"
)

func TestUserLabel(t *testing.T) {
	long := "a-person-with-a-very-long-name@department.subsidiary.acme.example"
	tests := []struct {
		name, user, want string
	}{
		{name: "a label is itself", user: "alice", want: "alice"},
		{name: "case folds", user: "Alice", want: "alice"},
		{name: "an inner hyphen stays", user: "alice-b-2", want: "alice-b-2"},
		{name: "an address", user: "Alice@acme.example", want: "alice--40acme--2eexample"},
		{name: "two hyphens", user: "a--b", want: "a--2d--2db"},
		{name: "text that looks escaped", user: "a--40b", want: "a--2d--2d40b"},
		{name: "a hyphen beside an escaped byte", user: "a-@b", want: "a--2d--40b"},
		{name: "a hyphen at the end", user: "a-", want: "a--2d"},
		{name: "a hyphen at the front", user: "-a", want: "x-----2da"},
		{name: "text that looks marked", user: "x---a", want: "x--2d--2d--2da"},
		{name: "a dot at the front", user: ".a", want: "x-----2ea"},
		{name: "a reserved prefix", user: "metrics", want: "x---metrics"},
		{name: "a reserved word, folded", user: "Consumer", want: "x---consumer"},
		{name: "a reserved prefix in an address", user: "model@acme", want: "x---model--40acme"},
		{name: "a reserved word inside", user: "biometric", want: "biometric"},
		{name: "a byte that is no letter", user: "\xffa", want: "x-----ffa"},
		{name: "letters beyond ASCII are bytes and do not fold", user: "É", want: "x-----c3--89"},
		{name: "63 characters fit", user: strings.Repeat("a", 63), want: strings.Repeat("a", 63)},
		{name: "64 do not", user: strings.Repeat("a", 64), want: strings.Repeat("a", 52) + "---77qfj7t2"},
		{name: "a long address", user: long, want: "a-person-with-a-very-long-name--40department--2esubs---q5tcgsvw"},
		{name: "no half escape mark before the hash", user: strings.Repeat("a", 51) + "@acme.example", want: strings.Repeat("a", 51) + "---tihoathb"},
		{name: "no name", user: "", want: ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := tenancy.UserLabel(tt.user); got != tt.want {
				t.Errorf("UserLabel(%q) = %q, want %q", tt.user, got, tt.want)
			}
		})
	}
}

func TestUserName(t *testing.T) {
	long := strings.Repeat("a", 60) + "@acme.example"
	table := map[string]string{
		tenancy.UserLabel(long): strings.ToUpper(long),
		// An entry that names somebody else is not believed.
		tenancy.UserLabel("b" + long): long,
		"alice":                       "mallory",
	}
	tests := []struct {
		name, label, want string
		unknown           bool
	}{
		{name: "a label that is a name", label: "alice", want: "alice"},
		{name: "an address", label: "alice--40acme--2eexample", want: "alice@acme.example"},
		{name: "marked", label: "x---metrics", want: "metrics"},
		{name: "marked and escaped", label: "x-----2ea", want: ".a"},
		{name: "shortened, in the table", label: tenancy.UserLabel(long), want: long},
		{name: "shortened, not in the table", label: tenancy.UserLabel(long + "x"), unknown: true},
		{name: "shortened, and the table lies", label: tenancy.UserLabel("b" + long), unknown: true},
		{name: "empty", label: "", unknown: true},
		{name: "upper case", label: "Alice", unknown: true},
		{name: "marked without need", label: "x---alice", unknown: true},
		{name: "the mark alone", label: "x---", unknown: true},
		{name: "escaped without need", label: "a--62", unknown: true},
		{name: "upper-case digits", label: "a--4F", unknown: true},
		{name: "half an escape", label: "a--4", unknown: true},
		{name: "not hex", label: "a--zz", unknown: true},
		{name: "reserved prefix", label: "metrics", unknown: true},
		{name: "two labels", label: "a.b", unknown: true},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, ok := tenancy.UserName(tt.label, table)
			if got != tt.want || ok == tt.unknown {
				t.Errorf("UserName(%q) = %q, %v; want %q, %v", tt.label, got, ok, tt.want, !tt.unknown)
			}
		})
	}
}

// userNames draws names that come near the edges of the escape: its marks, hex
// digits, reserved words, and lengths around 63.
func userNames() *rapid.Generator[string] {
	part := rapid.OneOf(
		rapid.SampledFrom([]string{"-", "--", "---", "x", "x---", "40", "2d", "2e", "a", "Z", "@", ".", "metric", "consumer", "model", "upstream", "\xff", "é"}),
		rapid.StringMatching(`[a-z0-9-]{1,4}`),
		rapid.StringMatching(`[a-z0-9]{40,70}`),
		rapid.StringN(1, 3, 8),
	)
	return rapid.Map(rapid.SliceOfN(part, 1, 10), func(parts []string) string {
		return strings.Join(parts, "")
	})
}

func TestUserLabelIsValidAndReversible(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		name := userNames().Draw(t, "name")
		label := tenancy.UserLabel(name)
		if !tenancy.ValidLabel(label) {
			t.Fatalf("UserLabel(%q) = %q is not a valid label", name, label)
		}
		if upper := tenancy.UserLabel(upperASCII(name)); upper != label {
			t.Fatalf("UserLabel(%q) = %q, in upper case %q", name, label, upper)
		}
		got, ok := tenancy.UserName(label, map[string]string{label: name})
		if !ok || got != tenancy.FoldUser(name) {
			t.Fatalf("UserName(%q) = %q, %v; want %q", label, got, ok, tenancy.FoldUser(name))
		}
		if len(name) <= 12 { // at most 4+12*4 characters: never shortened
			if got, ok := tenancy.UserName(label, nil); !ok || got != tenancy.FoldUser(name) {
				t.Fatalf("without a table UserName(%q) = %q, %v; want %q", label, got, ok, tenancy.FoldUser(name))
			}
		}
	})
}

func TestUserLabelIsInjective(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a := userNames().Draw(t, "a")
		b := rapid.OneOf(
			userNames(),
			// Names made of a's own label are the likeliest to collide with it.
			rapid.Just(tenancy.UserLabel(a)),
			rapid.Just("x---"+a),
			rapid.Map(rapid.IntRange(0, len(a)), func(i int) string { return a[:i] + "-" + a[i:] }),
		).Draw(t, "b")
		same := tenancy.FoldUser(a) == tenancy.FoldUser(b)
		if (tenancy.UserLabel(a) == tenancy.UserLabel(b)) != same {
			t.Fatalf("%q has label %q and %q has label %q", a, tenancy.UserLabel(a), b, tenancy.UserLabel(b))
		}
	})
}

func upperASCII(s string) string {
	b := []byte(s)
	for i, c := range b {
		if 'a' <= c && c <= 'z' {
			b[i] = c - 'a' + 'A'
		}
	}
	return string(b)
}

func FuzzUserName(f *testing.F) {
	for _, s := range []string{"alice", "alice--40acme", "x---metrics", "x-----2ea", "a--2d--2db", ""} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, label string) {
		name, ok := tenancy.UserName(label, nil)
		if ok && tenancy.UserLabel(name) != label {
			t.Errorf("UserName(%q) = %q, whose label is %q", label, name, tenancy.UserLabel(name))
		}
		if l := tenancy.UserLabel(label); label != "" && !tenancy.ValidLabel(l) {
			t.Errorf("UserLabel(%q) = %q is not valid", label, l)
		}
	})
}
