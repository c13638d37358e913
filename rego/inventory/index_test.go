package inventory

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/open-policy-agent/opa/v1/ast"
	"pgregory.net/rapid"
)

// numbers is a codec as any other.
var numbers = codec[int]{
	write: func(b []byte, n int) []byte { return appendText(b, strconv.Itoa(n)) },
	read:  func(r *reader) int { n, _ := strconv.Atoi(r.text()); return n },
}

// contributed is a document as nobody optimized it: key, object and values in order.
func contributed(added map[objectKey][]entry[int]) map[string]string {
	var keys []objectKey
	for k := range added {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	out := map[string]string{}
	for _, k := range keys {
		for _, e := range added[k] {
			out[e.key] += fmt.Sprintf("%s=%d ", k.name(), e.value)
		}
	}
	return out
}

// shown is the same of a snapshot. Every value is read twice: the second time of
// a large cell it is remembered.
func shown(t *rapid.T, d *indexDocument) map[string]string {
	out := map[string]string{}
	for key := range d.cells.all() {
		var texts [2]string
		for i := range texts {
			v, ok := d.find([]string{key})
			if !ok {
				t.Fatalf("%s is in the document and is not found", key)
			}
			texts[i] = elements(v)
		}
		if texts[0] != texts[1] {
			t.Fatalf("%s: %s, and then %s", key, texts[0], texts[1])
		}
		out[key] = texts[0]
	}
	return out
}

func elements(v ast.Value) string {
	var out strings.Builder
	v.(*ast.Array).Foreach(func(e *ast.Term) { out.WriteString(string(e.Value.(ast.String)) + " ") })
	return out.String()
}

// Whatever objects add and take away, below keys of few and of many, read or not
// in between, the document is what they add; and earlier snapshots do not change.
func TestIndexHasWhatObjectsAdd(t *testing.T) {
	element := func(k objectKey, v int) *ast.Term { return ast.StringTerm(fmt.Sprintf("%s=%d", k.name(), v)) }
	indexes := map[string]func() *index[int]{
		"list": func() *index[int] { return newListIndex(numbers, element) },
		"merged": func() *index[int] {
			return newIndex(numbers, func(all []contribution[int]) ast.Value {
				terms := make([]*ast.Term, len(all))
				for i, o := range all {
					terms[i] = element(o.object, o.value)
				}
				return ast.NewArray(terms...)
			})
		},
	}
	long := strings.Repeat("o", 150) // so that a cell of some thirty objects is large
	for name, newOne := range indexes {
		t.Run(name, func(t *testing.T) {
			rapid.Check(t, func(t *rapid.T) {
				x, added := newOne(), map[objectKey][]entry[int]{}
				type taken struct {
					of   *indexDocument
					want map[string]string
				}
				var snapshots []taken
				for range rapid.IntRange(1, 150).Draw(t, "steps") {
					if rapid.IntRange(0, 9).Draw(t, "freeze") == 0 {
						snapshots = append(snapshots, taken{x.freeze(), contributed(added)})
						if rapid.Bool().Draw(t, "read") {
							shown(t, snapshots[len(snapshots)-1].of)
						}
						continue
					}
					k, _ := newObjectKey("g", "Kind", "ns", fmt.Sprintf("o%02d"+long, rapid.IntRange(0, 80).Draw(t, "object")))
					entries := rapid.SliceOfN(rapid.Custom(func(t *rapid.T) entry[int] {
						return entry[int]{rapid.SampledFrom([]string{"shared", "shared", "a", "b"}).Draw(t, "key"), rapid.IntRange(0, 2).Draw(t, "value")}
					}), 0, 3).Draw(t, "entries")
					x.set(k, entries...)
					added[k] = entries
				}
				snapshots = append(snapshots, taken{x.freeze(), contributed(added)})
				for i, s := range snapshots {
					if diff := cmp.Diff(s.want, shown(t, s.of)); diff != "" {
						t.Fatalf("snapshot %d of %d (-added +shown):\n%s", i, len(snapshots), diff)
					}
				}
			})
		})
	}
}

// A change below a key that thousands share renders what changed, and nothing
// of other keys.
func TestOnlyWhatChangedIsRendered(t *testing.T) {
	rendered := 0
	x := newListIndex(numbers, func(k objectKey, v int) *ast.Term {
		rendered++
		return ast.StringTerm(fmt.Sprint(k, v))
	})
	const many = 1000
	key := func(i int) objectKey { k, _ := newObjectKey("", "Kind", "ns", fmt.Sprint(i)); return k }
	for i := range many {
		x.set(key(i), entry[int]{"shared", 0}, entry[int]{"other", 0})
	}
	read := func(d *indexDocument) int {
		rendered = 0
		d.find([]string{"shared"})
		d.find([]string{"other"})
		return rendered
	}
	first := x.freeze()
	if n := read(first); n != 2*many {
		t.Errorf("%d elements were rendered at first, not %d", n, 2*many)
	}
	x.set(key(7), entry[int]{"shared", 1}, entry[int]{"other", 0})
	x.freeze() // nobody reads this one
	x.set(key(9), entry[int]{"shared", 1}, entry[int]{"other", 0})
	second := x.freeze()
	if n := read(second); n != 2 {
		t.Errorf("%d elements were rendered after two changes, not 2", n)
	}
	if n := read(first); n != 0 {
		t.Errorf("%d elements of the old snapshot were rendered again", n)
	}
	stamp := func(d *indexDocument, key string) any { of, _ := d.stamp([]string{key}); return of }
	if stamp(first, "other") != stamp(second, "other") {
		t.Error("a key that did not change has another stamp")
	}
	if stamp(first, "shared") == stamp(second, "shared") {
		t.Error("a key that changed has the same stamp")
	}
	x.set(key(many), entry[int]{"alone", 0})
	third := x.freeze()
	if stamp(third, "shared") != stamp(second, "shared") || stamp(third, "alone") == nil {
		t.Error("a key beside the one that changed has another stamp")
	}
	x.set(key(many), entry[int]{"alone", 1})
	if stamp(x.freeze(), "alone") == stamp(third, "alone") {
		t.Error("a key of one object that changed has the same stamp")
	}
	x.set(key(many), entry[int]{"alone", 0})
	if stamp(x.freeze(), "alone") != stamp(third, "alone") {
		t.Error("a key of one object that is as it was has another stamp")
	}
	fourth := x.freeze()
	x.set(key(9), entry[int]{"shared", 1}, entry[int]{"other", 0})
	if x.freeze() != fourth {
		t.Error("an object that adds the same again made another document")
	}
}

func TestKeysSortByTheirParts(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		parts := func(label string) [4]string {
			var p [4]string
			for i := range p {
				p[i] = rapid.StringMatching(`[a-b.\x01]{0,3}`).Draw(t, label)
			}
			p[3] += "n"
			return p
		}
		a, b := parts("a"), parts("b")
		key := func(p [4]string) objectKey {
			k, ok := newObjectKey(p[1], p[0], p[2], p[3])
			if !ok {
				t.Fatalf("%q is no key", p)
			}
			if got := [4]string{k.kind(), k.group(), k.namespace(), k.name()}; got != p {
				t.Fatalf("the key of %q has %q", p, got)
			}
			return k
		}
		if got, want := strings.Compare(string(key(a)), string(key(b))), slices.Compare(a[:], b[:]); got != want {
			t.Fatalf("%q against %q: %d, by their parts %d", a, b, got, want)
		}
	})
	for _, p := range [][4]string{{"g", "Kind", "ns", ""}, {"g", "Kind", "n\x00s", "name"}, {"g", "Kind", "ns", "a\x00b"}, {"\x00", "Kind", "ns", "a"}} {
		if k, ok := newObjectKey(p[0], p[1], p[2], p[3]); ok {
			t.Errorf("%q has the key %q", p, k)
		}
	}
}

// No parents and none of a Gateway are two things: see routeFacts.
func TestFactsAreUnpackedAsTheyWere(t *testing.T) {
	for name, f := range map[string]*routeFacts{
		"empty":   {},
		"Ingress": {Owner: "acme", Classes: []string{"higress"}, Rules: []routeRule{{"a.example", "/<>&\"\\\u2028", "Prefix"}}, Names: []string{"ns/n"}, Metered: true, Secrets: []secretUse{{"ns/s", " (TLS)"}}},
		"route":   {Parents: []parentRef{{Gateway: "ns/g", Section: "s", Port: 443}, {Opaque: true}}, Canary: true},
		"nowhere": {Parents: []parentRef{}},
	} {
		if diff := cmp.Diff(f, unpack[routeFacts](pack(f))); diff != "" {
			t.Errorf("%s (-before +after):\n%s", name, diff)
		}
	}
}

// Texts are a map, and their snapshots do not change.
func TestTextsAreAMap(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		x, want := newTexts(), map[string]string{}
		type taken struct {
			of   *frozenTexts
			want map[string]string
		}
		var snapshots []taken
		text := func(label string) string {
			return strings.Repeat(rapid.StringN(0, 3, -1).Draw(t, label), rapid.SampledFrom([]int{1, 1, 1, 200}).Draw(t, "times"))
		}
		for range rapid.IntRange(1, 300).Draw(t, "steps") {
			switch key := text("key"); rapid.IntRange(0, 9).Draw(t, "what") {
			case 0:
				snapshots = append(snapshots, taken{x.freeze(), maps.Clone(want)})
			case 1, 2:
				x.remove(key)
				delete(want, key)
			default:
				want[key] = text("value")
				x.set(key, want[key])
			}
		}
		for _, s := range append(snapshots, taken{x.freeze(), want}) {
			got := map[string]string{}
			for k, v := range s.of.all() {
				if found, ok := s.of.get(k); !ok || found != v {
					t.Fatalf("%q is %q in the whole and %q, %t by its key", k, v, found, ok)
				}
				got[k] = v
			}
			if diff := cmp.Diff(s.want, got); diff != "" {
				t.Fatalf("(-set +got):\n%s", diff)
			}
			if s.of.size != len(s.want) {
				t.Fatalf("the size is %d of %d", s.of.size, len(s.want))
			}
		}
	})
}

// What was remembered of a large cell goes with it.
func TestACellThatIsSmallAgainIsForgotten(t *testing.T) {
	x := newListIndex(numbers, func(k objectKey, v int) *ast.Term { return ast.StringTerm(string(k)) })
	key := func(i int) objectKey { k, _ := newObjectKey("", "Kind", "ns", fmt.Sprint(i)); return k }
	const many = 1000
	for i := range many {
		x.set(key(i), entry[int]{"shared", 0})
	}
	d := x.freeze()
	d.find([]string{"shared"})
	if n := len(d.known.cells); n != 1 {
		t.Fatalf("%d cells are remembered, not 1", n)
	}
	for i := range many - 1 {
		x.set(key(i))
	}
	if n := len(x.freeze().known.cells); n != 0 {
		t.Errorf("%d cells are remembered of an index without large ones", n)
	}
}
