package ledger

import (
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestParsePath(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("a", 63)
	tests := []struct {
		name, in string
		ok       bool
	}{
		{"an organization", "acme", true},
		{"a project", "acme.chat", true},
		{"a group", "acme.chat.engineers", true},
		{"a user", "acme.chat.engineers.alice", true},
		{"digits and hyphens", "4cme.ch-at.0.a--b", true},
		{"63 characters", long + "." + long, true},
		{"64 characters", long + "a", false},
		{"five labels", "a.b.c.d.e", false},
		{"nothing", "", false},
		{"an empty label", "acme..engineers", false},
		{"a leading point", ".acme", false},
		{"a trailing point", "acme.", false},
		{"a leading hyphen", "acme.-chat", false},
		{"a trailing hyphen", "acme-.chat", false},
		{"upper case", "Acme", false},
		{"an underscore", "ac_me", false},
		{"a brace", "ac}me", false},
		{"a space", "ac me", false},
		{"not ASCII", "äcme", false},
		{"a newline", "acme\n", false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			p, err := ParsePath(tt.in)
			if tt.ok && (err != nil || string(p) != tt.in) || !tt.ok && !errors.Is(err, ErrPath) {
				t.Errorf("%q: %q, %v", tt.in, p, err)
			}
		})
	}
}

func TestPathParts(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name         string
		path         Path
		level        Level
		parent       Path
		organization string
		last         string
	}{
		{"organization", "acme", Organization, "", "acme", "acme"},
		{"project", "acme.chat", Project, "acme", "acme", "chat"},
		{"group", "acme.chat.eng", Group, "acme.chat", "acme", "eng"},
		{"user", "acme.chat.eng.ann", User, "acme.chat.eng", "acme", "ann"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			p := tt.path
			if p.Level() != tt.level || p.Parent() != tt.parent || p.Organization() != tt.organization || p.Name() != tt.last {
				t.Errorf("%s: %s, %q, %q, %q", p, p.Level(), p.Parent(), p.Organization(), p.Name())
			}
			if tt.level.String() != tt.name {
				t.Errorf("%s is called %q", tt.name, tt.level)
			}
		})
	}
	want := []string{"tg:{acme}:b:acme", "tg:{acme}:b:acme.chat", "tg:{acme}:b:acme.chat.eng", "tg:{acme}:b:acme.chat.eng.ann",
		openKey("acme"), dueKey("acme"), calKey("acme"), touchedKey("acme")}
	if d := cmp.Diff(want, eightKeys("acme.chat.eng.ann")); d != "" {
		t.Error(d)
	}
	if d := cmp.Diff(want[:6], sixKeys("acme.chat.eng.ann")); d != "" {
		t.Error(d)
	}
	if d := cmp.Diff(want[:5], fiveKeys("acme.chat.eng.ann")); d != "" {
		t.Error(d)
	}
	for i, key := range append(want[:5:5], "tg:{other}:b:other", "tg:{acme}:b:acme.", "tg:{acme}:b:other", "") {
		if p, ok := pathOf("acme", key); ok != (i < 4) || ok && nodeKey(p) != key {
			t.Errorf("%s is the key of %q, %t", key, p, ok)
		}
	}
	for i, p := range Path("acme.chat.eng.ann").ancestors() {
		if nodeKey(p) != want[i] {
			t.Errorf("%s has key %s", p, nodeKey(p))
		}
	}
}

// FuzzParsePath wants what is accepted to have one to four labels that can
// stand in a key and be put together again.
func FuzzParsePath(f *testing.F) {
	for _, s := range []string{"acme", "acme.chat.eng.ann", "", ".", "a..b", "a}b", "a.b.c.d.e", "-a", "A"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		p, err := ParsePath(s)
		if err != nil {
			if p != "" {
				t.Errorf("%q: %q besides %v", s, p, err)
			}
			return
		}
		labels := strings.Split(s, ".")
		if len(labels) > 4 || int(p.Level()) != len(labels) {
			t.Errorf("%q: level %v of %d labels", s, p.Level(), len(labels))
		}
		if strings.ContainsAny(s, "{}:* \x00") || strings.ToLower(s) != s {
			t.Errorf("%q was accepted", s)
		}
		for q := p; q != ""; q = q.Parent() {
			if _, err := ParsePath(string(q)); err != nil || q.Organization() != p.Organization() {
				t.Errorf("%q above %q: %v", q, p, err)
			}
		}
	})
}
