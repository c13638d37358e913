package manifest_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"tollgate.dev/tollgate/cmd/tollgate/internal/review/manifest"
)

func describe(docs []manifest.Document) []string {
	var out []string
	for _, d := range docs {
		out = append(out, fmt.Sprintf("%s:%d %s/%s %s", d.File, d.Line, d.Object.GetAPIVersion(), d.Object.GetKind(), d.Object.GetName()))
	}
	return out
}

func messages(problems []manifest.Problem) []string {
	var out []string
	for _, p := range problems {
		out = append(out, p.Error())
	}
	return out
}

func TestParse(t *testing.T) {
	tests := []struct {
		name     string
		text     string
		want     []string
		problems []string
	}{
		{name: "empty"},
		{name: "comments only", text: "# nothing\n---\n# here\n"},
		{name: "one", text: "apiVersion: v1\nkind: Secret\nmetadata: {name: a}\n", want: []string{"f:1 v1/Secret a"}},
		{
			name: "several, with comments and blank lines before them",
			text: "# first\napiVersion: v1\nkind: Secret\nmetadata: {name: a}\n--- # next\n\n# second\nkind: Secret\napiVersion: v1\nmetadata: {name: b}\n---\n",
			want: []string{"f:2 v1/Secret a", "f:8 v1/Secret b"},
		},
		{
			name: "carriage returns",
			text: "apiVersion: v1\r\nkind: Secret\r\nmetadata: {name: a}\r\n---\r\napiVersion: v1\r\nkind: Secret\r\nmetadata: {name: b}\r\n",
			want: []string{"f:1 v1/Secret a", "f:5 v1/Secret b"},
		},
		{
			name: "a list, and a list in it",
			text: "apiVersion: v1\nkind: List\nitems:\n- apiVersion: v1\n  kind: Secret\n  metadata: {name: a}\n- apiVersion: v1\n  kind: SecretList\n  items:\n  - {apiVersion: v1, kind: Secret, metadata: {name: b}}\n",
			want: []string{"f:4 v1/Secret a", "f:10 v1/Secret b"},
		},
		{
			name: "whatever has items is a list to kubectl",
			text: "apiVersion: v1\nkind: Secret\nmetadata: {name: a}\nitems:\n- {apiVersion: v1, kind: Secret, metadata: {name: hidden}}\n",
			want: []string{"f:5 v1/Secret hidden"},
		},
		{
			name: "items that are no list", text: "apiVersion: v1\nkind: Secret\nmetadata: {name: a}\nitems: {}\n",
			problems: []string{"f:1: Secret has items, which kubectl takes for a list, and they are none"},
		},
		{
			name: "a stream of JSON",
			text: "{\"apiVersion\":\"v1\",\n\"kind\":\"Secret\",\"metadata\":{\"name\":\"a\"}}\n{\"apiVersion\":\"v1\",\"kind\":\"Secret\",\"metadata\":{\"name\":\"b\"}}",
			want: []string{"f:1 v1/Secret a", "f:3 v1/Secret b"},
		},
		{name: "a kustomization is no object", text: "apiVersion: kustomize.config.k8s.io/v1beta1\nkind: Kustomization\n"},
		{name: "yes is true, as Kubernetes reads YAML", text: "apiVersion: v1\nkind: Secret\nmetadata: {name: a}\nimmutable: yes\n", want: []string{"f:1 v1/Secret a"}},
		{
			name: "one bad document leaves the others",
			text: "a: [\n---\napiVersion: v1\nkind: Secret\nmetadata: {name: b}\n",
			want: []string{"f:3 v1/Secret b"}, problems: []string{"f:1: did not find expected node content"},
		},
		{name: "a key twice", text: "apiVersion: v1\nkind: Secret\nmetadata: {name: a}\nkind: Ingress\n", problems: []string{`f:4: key "kind" already set in map`}},
		{name: "two objects without a separator, below another", text: "---\napiVersion: v1\nkind: Secret\nmetadata: {name: a}\napiVersion: v1\nkind: Secret\nmetadata: {name: b}\n", problems: []string{
			`f:5: key "apiVersion" already set in map: if another object begins here, put --- on a line of its own before it`,
			`f:6: key "kind" already set in map`, `f:7: key "metadata" already set in map`,
		}},
		{name: "a nested key twice", text: "apiVersion: v1\nkind: Secret\nmetadata:\n  name: a\n  name: b\n", problems: []string{`f:5: key "name" already set in map`}},
		{name: "a key twice in JSON", text: `{"apiVersion":"v1","kind":"Secret","metadata":{"name":"a","name":"b"}}`, problems: []string{`f:1: duplicate field "metadata.name"`}},
		{
			name:     "a document behind ...",
			text:     "apiVersion: v1\nkind: Secret\nmetadata: {name: a}\n...\nkind: Ingress\n",
			problems: []string{"f:1: more text follows the end of the document, which kubectl would not see: put --- on a line of its own before it"},
		},
		{
			name: "text behind a separator",
			text: "apiVersion: v1\nkind: Secret\nmetadata: {name: a}\n--- {kind: Ingress}\n", want: []string{"f:1 v1/Secret a"},
			problems: []string{"f:4: there is text behind the document separator ---, which kubectl refuses: put it on the next line"},
		},
		{name: "a scalar", text: "hello\n", problems: []string{"f:1: this is not an object: a manifest is a mapping with apiVersion, kind and metadata"}},
		{name: "a sequence", text: "- a\n", problems: []string{"f:1: this is not an object: a manifest is a mapping with apiVersion, kind and metadata"}},
		{name: "no kind", text: "\napiVersion: v1\n", problems: []string{"f:2: apiVersion and kind must be given: if this is no manifest of an object, keep it elsewhere, or name the manifests one by one"}},
		{name: "a kind that is a number", text: "apiVersion: v1\nkind: 3\n", problems: []string{"f:1: apiVersion and kind must be given: if this is no manifest of an object, keep it elsewhere, or name the manifests one by one"}},
		{name: "no metadata", text: "apiVersion: v1\nkind: Secret\n", problems: []string{"f:1: Secret has no metadata, or it is not a mapping"}},
		{name: "not UTF-8", text: "kind: \xff\n", problems: []string{"f: it is not UTF-8 text"}},
		{
			name:     "a template",
			text:     "apiVersion: v1\nkind: {{ .Values.kind }}\n",
			problems: []string{`f:1: yaml: invalid map key: map[interface {}]interface {}{".Values.kind":interface {}(nil)} (it looks like a template: render it first, as in helm template . | tollgate review -)`},
		},
		{
			name:     "too large",
			text:     "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\ndata: {a: " + strings.Repeat("x", manifest.MaxObject) + "}\n",
			problems: []string{"f:1: ConfigMap has 3145806 bytes of JSON; the API server takes 3145728 at most"},
		},
		{name: "cut short", text: `{"apiVersion":"v1","kind":"Secret","metadata":{"name":`, problems: []string{"f:1: did not find expected node content"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			docs, problems := manifest.Parse("f", []byte(tt.text))
			if diff := cmp.Diff(tt.want, describe(docs)); diff != "" {
				t.Errorf("objects (-want +got):\n%s", diff)
			}
			if diff := cmp.Diff(tt.problems, messages(problems)); diff != "" {
				t.Errorf("problems (-want +got):\n%s", diff)
			}
		})
	}
}

func TestBooleansAndIntegersAreThoseOfKubernetes(t *testing.T) {
	docs, problems := manifest.Parse("f", []byte("apiVersion: v1\nkind: X\nmetadata: {name: a}\nspec: {a: yes, b: off, c: 010, d: 9007199254740993, e: 1.5, f: 'yes'}\n"))
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	want := map[string]any{"a": true, "b": false, "c": int64(8), "d": int64(9007199254740993), "e": 1.5, "f": "yes"}
	if diff := cmp.Diff(want, docs[0].Object.Object["spec"]); diff != "" {
		t.Errorf("spec (-want +got):\n%s", diff)
	}
}

func TestPosition(t *testing.T) {
	text := `# a comment
apiVersion: v1
kind: List
items:
- apiVersion: networking.k8s.io/v1
  kind: Ingress
  metadata:
    name: web
    annotations: &a
      higress.io/destination: other.dns
      plain: x
  base: &base {host: merged}
  spec:
    rules:
    - host: a.example
    - <<: *base
      path: /x
    again: *a
`
	docs, problems := manifest.Parse("f", []byte(text))
	if len(problems) > 0 || len(docs) != 1 {
		t.Fatal(docs, problems)
	}
	tests := []struct {
		name, field string
		want        manifest.Position
	}{
		{"the object", "", manifest.Position{Line: 5, Exact: true}},
		{"a field", "metadata.name", manifest.Position{Line: 8, Column: 5, Exact: true, Value: "web"}},
		{"an element", "spec.rules[0].host", manifest.Position{Line: 15, Column: 7, Exact: true, Value: "a.example"}},
		{"an element itself", "spec.rules[1]", manifest.Position{Line: 16, Column: 7, Exact: true}},
		{"merged in", "spec.rules[1].host", manifest.Position{Line: 12, Column: 16, Exact: true, Value: "merged"}},
		{"through an alias", "spec.again.plain", manifest.Position{Line: 11, Column: 7, Exact: true, Value: "x"}},
		{"a key with dots", "metadata.annotations.higress.io/destination", manifest.Position{Line: 10, Column: 7, Exact: true, Value: "other.dns"}},
		{"in brackets", "metadata.annotations[higress.io/destination]", manifest.Position{Line: 10, Column: 7, Exact: true, Value: "other.dns"}},
		{"quoted", `metadata.annotations["higress.io/destination"]`, manifest.Position{Line: 10, Column: 7, Exact: true, Value: "other.dns"}},
		{"not there: the nearest around it", "spec.rules[0].http.paths[3]", manifest.Position{Line: 15, Column: 7}},
		{"an index too far", "spec.rules[7]", manifest.Position{Line: 14, Column: 5}},
		{"nonsense", "]..[", manifest.Position{Line: 5}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if diff := cmp.Diff(tt.want, docs[0].Position(tt.field)); diff != "" {
				t.Errorf("%s (-want +got):\n%s", tt.field, diff)
			}
		})
	}
}

func TestRead(t *testing.T) {
	dir := t.TempDir()
	write := func(name, text string) {
		t.Helper()
		file := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	object := "apiVersion: v1\nkind: Secret\nmetadata: {name: %s}\n"
	write("b/b.yml", fmt.Sprintf(object, "b"))
	write("a.yaml", fmt.Sprintf(object, "a"))
	write("c.json", `{"apiVersion":"v1","kind":"Secret","metadata":{"name":"c"}}`)
	write("readme.md", "not read")
	write(".git/x.yaml", "not read")
	write("large.yaml", strings.Repeat("#", manifest.MaxFile+1))
	docs, problems := manifest.Read([]string{dir, "-", filepath.Join(dir, "missing.yaml"), filepath.Join(dir, "readme.md")}, strings.NewReader(fmt.Sprintf(object, "d")))
	var got []string
	for _, d := range describe(docs) {
		got = append(got, strings.ReplaceAll(d, dir+"/", ""))
	}
	if diff := cmp.Diff([]string{"a.yaml:1 v1/Secret a", "b/b.yml:1 v1/Secret b", "c.json:1 v1/Secret c", "-:1 v1/Secret d"}, got); diff != "" {
		t.Errorf("objects (-want +got):\n%s", diff)
	}
	var wrong []string
	for _, m := range messages(problems) {
		wrong = append(wrong, strings.ReplaceAll(m, dir+"/", ""))
	}
	want := []string{
		"large.yaml: it is larger than 16 MiB: split it",
		"missing.yaml: no such file or directory",
		"readme.md:1: this is not an object: a manifest is a mapping with apiVersion, kind and metadata",
	}
	if diff := cmp.Diff(want, wrong); diff != "" {
		t.Errorf("problems (-want +got):\n%s", diff)
	}
}

// Settings beside manifests are no manifest, unless somebody says that they are.
func TestReadPassesOver(t *testing.T) {
	dir := t.TempDir()
	settings := filepath.Join(dir, "b", "settings.yaml")
	if err := os.Mkdir(filepath.Dir(settings), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(settings, []byte("unownedNamespaces: Warn\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		name, path string
		except     []string
		problems   int
	}{
		{name: "a folder", path: dir, except: []string{settings}},
		{name: "written otherwise", path: dir, except: []string{filepath.Join(dir, "b") + "/../b/settings.yaml"}},
		{name: "nothing is passed over", path: dir, except: []string{""}, problems: 1},
		{name: "another file", path: dir, except: []string{filepath.Join(dir, "settings.yaml")}, problems: 1},
		{name: "the file itself", path: settings, except: []string{settings}, problems: 1},
	} {
		t.Run(tt.name, func(t *testing.T) {
			docs, problems := manifest.Read([]string{tt.path}, strings.NewReader(""), tt.except...)
			if len(docs) > 0 || len(problems) != tt.problems {
				t.Errorf("%d objects and %v, want %d problems", len(docs), problems, tt.problems)
			}
		})
	}
}

// FuzzParse holds the reader to its promise: it never panics, positions lie
// inside the file, and text that has anything in it is either objects or a
// problem.
func FuzzParse(f *testing.F) {
	for _, seed := range []string{
		"apiVersion: v1\nkind: Secret\nmetadata: {name: a}\n---\n{}\n",
		"a: &a [*a]\n", "<<: {apiVersion: v1}\nkind: x\nmetadata: {}\n", `{"kind":"List","apiVersion":"v1","items":[{}]}`,
		"--- x\n", "...\n", "%YAML 1.1\n---\n", "? a\n: b\n", "\ufeffkind: x", "apiVersion: v1\nkind: L\nmetadata: !!binary eA==\n",
		"a: &a [x,x]\nb: &b [*a,*a]\nc: [*b,*b]\n",
	} {
		f.Add(seed, "spec.rules[0].host")
	}
	f.Fuzz(func(t *testing.T, text, field string) {
		docs, problems := manifest.Parse("f", []byte(text))
		lines := strings.Count(text, "\n") + 1
		for _, d := range docs {
			if d.Object.GetKind() == "" || d.Object.GetAPIVersion() == "" {
				t.Errorf("an object without kind or version: %v", d.Object)
			}
			if p := d.Position(field); p.Line < 1 || p.Line > lines || d.Line < 1 || d.Line > lines {
				t.Errorf("line %d, field %q at line %d, of %d", d.Line, field, p.Line, lines)
			}
		}
		for _, p := range problems {
			if p.Line < 0 || p.Error() == "" {
				t.Errorf("a problem without a place or words: %+v", p)
			}
		}
	})
}
