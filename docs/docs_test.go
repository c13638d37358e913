// Package docs holds what people read about Tollgate. Its tests hold the
// documents against the code.
package docs

import (
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"sigs.k8s.io/yaml"

	"tollgate.dev/tollgate/apis/tollgate/v1alpha1"
	"tollgate.dev/tollgate/rego/baseline"
	"tollgate.dev/tollgate/rego/inventory/documents"
	"tollgate.dev/tollgate/rego/policy"
	"tollgate.dev/tollgate/rego/settings"
)

func read(t *testing.T, path string) string {
	t.Helper()
	raw, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(raw)
}

// rows are the cells of a document's table rows by their first cell.
func rows(document string) map[string][]string {
	out := map[string][]string{}
	for line := range strings.Lines(document) {
		line = strings.TrimSpace(line)
		if !strings.HasPrefix(line, "| ") || !strings.HasSuffix(line, " |") {
			continue
		}
		cells := strings.Split(line[2:len(line)-2], " | ")
		out[cells[0]] = cells
	}
	return out
}

// blocks are the fenced blocks of a language.
func blocks(document, language string) []string {
	var out []string
	for _, m := range regexp.MustCompile("(?ms)^```"+language+"\n(.*?)^```$").FindAllStringSubmatch(document, -1) {
		out = append(out, m[1])
	}
	return out
}

// field is a field of the settings file and its default.
type field struct{ path, value string }

// fields walks through a type of the settings as a file writes it. Subjects are
// one field.
func fields(prefix string, v reflect.Value) []field {
	var out []field
	for i := range v.NumField() {
		name, _, _ := strings.Cut(v.Type().Field(i).Tag.Get("json"), ",")
		path, f := prefix+name, v.Field(i)
		switch f.Kind() {
		case reflect.Struct:
			if f.Type() == reflect.TypeFor[settings.Subjects]() {
				out = append(out, field{path, flow(f.Interface())})
				continue
			}
			out = append(out, fields(path+".", f)...)
		case reflect.Map:
			if of := f.Type().Elem(); of.Kind() == reflect.Struct {
				out = append(out, fields(path+".<id>.", reflect.New(of).Elem())...)
				continue
			}
			out = append(out, field{path, ""})
		default:
			out = append(out, field{path, flow(f.Interface())})
			if f.Kind() == reflect.Slice && f.Type().Elem().Kind() == reflect.Struct {
				out = append(out, fields(path+"[].", reflect.New(f.Type().Elem()).Elem())...)
			}
		}
	}
	return out
}

// flow writes a default as the document does: YAML in one line, empty parts of
// mappings left out.
func flow(v any) string {
	switch v := v.(type) {
	case []string:
		return "[" + strings.Join(v, ", ") + "]"
	case settings.Subjects:
		var parts []string
		for _, part := range []field{{"users", flow(v.Users)}, {"groups", flow(v.Groups)}} {
			if part.value != "[]" {
				parts = append(parts, part.path+": "+part.value)
			}
		}
		return "{" + strings.Join(parts, ", ") + "}"
	case []settings.TenantPlugin:
		return "[]"
	}
	return fmt.Sprint(v)
}

func TestEveryFieldOfTheSettingsIsDocumented(t *testing.T) {
	document := read(t, "admission.md")
	have := rows(document)
	seen := 0
	for _, f := range fields("", reflect.ValueOf(settings.Default()).Elem()) {
		seen++
		cells := have["`"+f.path+"`"]
		if len(cells) != 4 {
			t.Errorf("admission.md has no row with a type, a default and a meaning for %s", f.path)
			continue
		}
		switch {
		case f.path == "routes.annotations": // a list of its own, below
		case strings.HasPrefix(f.path, "policies."):
		case cells[2] == "none" && f.value == "":
		case cells[2] != "`"+f.value+"`":
			t.Errorf("admission.md says that the default of %s is %s; it is `%s`", f.path, cells[2], f.value)
		}
		delete(have, "`"+f.path+"`")
	}
	if seen < 25 {
		t.Errorf("only %d fields were found: the test no longer sees the settings", seen)
	}
	for first := range have {
		if name := strings.Trim(first, "`"); regexp.MustCompile(`^(gateway|plugins|registries|routes|policies)\.`).MatchString(name) {
			t.Errorf("admission.md documents %s, which is no field of the settings", name)
		}
	}
	for _, name := range []string{"`users`", "`groups`", "`serviceAccounts`"} {
		if !strings.Contains(document, name) {
			t.Errorf("admission.md does not say what %s of subjects is", name)
		}
	}
	var listed []string
	for _, block := range blocks(document, "text") {
		listed = append(listed, strings.Fields(block)...)
	}
	if diff := cmp.Diff(slices.Sorted(slices.Values(settings.DefaultAnnotations())), slices.Sorted(slices.Values(listed))); diff != "" {
		t.Errorf("the default of routes.annotations in admission.md (-want +have):\n%s", diff)
	}
}

func TestEveryDocumentOfTheInventoryIsDocumented(t *testing.T) {
	_, section, _ := strings.Cut(read(t, "admission.md"), "| below `data.tollgate` |")
	section, _, _ = strings.Cut(section, "\n### ")
	have := map[string]bool{}
	for first := range rows(section) {
		for _, m := range regexp.MustCompile("`([a-z_]+)").FindAllStringSubmatch(first, -1) {
			have[m[1]] = true
		}
	}
	if diff := cmp.Diff(documents.Names(), slices.Sorted(maps.Keys(have))); diff != "" {
		t.Errorf("documents of data.tollgate in admission.md (-want +have):\n%s", diff)
	}
}

// What is shown as YAML is good YAML, and what is a policy or settings works.
func TestExamples(t *testing.T) {
	policies, tried := 0, 0
	for _, name := range files(t) {
		for _, block := range blocks(read(t, name), "yaml") {
			var shown any
			if err := yaml.UnmarshalStrict([]byte(block), &shown); err != nil {
				t.Errorf("%s: %v in\n%s", name, err, block)
				continue
			}
			object, _ := shown.(map[string]any)
			u := unstructured.Unstructured{Object: object}
			switch {
			case u.GetKind() == "AdmissionPolicy":
				policies++
				checkPolicy(t, name, []byte(block))
			case name == "admission.md" && (object["gateway"] != nil || object["plugins"] != nil):
				tried++
				s, err := settings.Load([]byte(block))
				if err == nil {
					_, err = baseline.Configured(s)
				}
				if err != nil {
					t.Errorf("%s: %v", name, err)
				}
			}
		}
	}
	if policies == 0 || tried == 0 {
		t.Errorf("%d policies and %d settings were tried", policies, tried)
	}
}

func checkPolicy(t *testing.T, name string, block []byte) {
	t.Helper()
	raw, err := yaml.YAMLToJSON(block)
	if err != nil {
		t.Fatal(err)
	}
	var obj v1alpha1.AdmissionPolicy
	if err := json.Unmarshal(raw, &obj); err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	p, err := policy.FromObject(&obj)
	if err == nil {
		err = policy.Check(p)
	}
	if err != nil {
		t.Errorf("%s: AdmissionPolicy %s: %v", name, obj.Name, err)
	}
}

// The files of the example are what the document shows.
func TestTheExampleIsTheFile(t *testing.T) {
	shown := blocks(read(t, "admission.md"), "yaml")
	for _, name := range []string{"backend-exists.yaml", "services.yaml"} {
		_, text, _ := strings.Cut(read(t, filepath.Join("..", "manifests", "examples", "policies", name)), "\n")
		if !slices.Contains(shown, text) {
			t.Errorf("admission.md does not show manifests/examples/policies/%s", name)
		}
	}
}

// files are those of this folder, and README.md.
func files(t *testing.T) []string {
	t.Helper()
	names, err := filepath.Glob("*.md")
	if err != nil || len(names) < 5 {
		t.Fatalf("%v: %v", names, err)
	}
	return append(names, filepath.Join("..", "README.md"))
}

func TestLinksLeadSomewhere(t *testing.T) {
	link := regexp.MustCompile(`\]\(([^)\s]+)\)`)
	for _, name := range files(t) {
		for _, m := range link.FindAllStringSubmatch(read(t, name), -1) {
			target, anchor, _ := strings.Cut(m[1], "#")
			if strings.Contains(target, "://") {
				continue
			}
			path := name
			if target != "" {
				path = filepath.Join(filepath.Dir(name), target)
			}
			if _, err := os.Stat(path); err != nil {
				t.Errorf("%s: the link %s leads nowhere", name, m[1])
				continue
			}
			if anchor != "" && !slices.Contains(anchors(read(t, path)), anchor) {
				t.Errorf("%s: %s has no heading for #%s", name, path, anchor)
			}
		}
	}
}

// anchors are the names that GitHub gives headings.
func anchors(document string) []string {
	var out []string
	for _, m := range regexp.MustCompile(`(?m)^#+ (.*)$`).FindAllStringSubmatch(document, -1) {
		name := regexp.MustCompile(`[^a-z0-9 _-]`).ReplaceAllString(strings.ToLower(m[1]), "")
		out = append(out, strings.ReplaceAll(name, " ", "-"))
	}
	return out
}
