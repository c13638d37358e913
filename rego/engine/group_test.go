package engine_test

import (
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	admissionv1 "k8s.io/api/admission/v1"
	authenticationv1 "k8s.io/api/authentication/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"sigs.k8s.io/yaml"

	"tollgate.dev/tollgate/rego/baseline"
	"tollgate.dev/tollgate/rego/engine"
	"tollgate.dev/tollgate/rego/inventory"
	"tollgate.dev/tollgate/rego/policy"
	"tollgate.dev/tollgate/rego/settings"
	"tollgate.dev/tollgate/rego/subject"
)

// manifests reads all objects below a folder.
func manifests(t *testing.T, dir string) map[string]*unstructured.Unstructured {
	t.Helper()
	out := map[string]*unstructured.Unstructured{}
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || !strings.HasSuffix(path, ".yaml") {
			return err
		}
		raw, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		for i, doc := range strings.Split("\n"+string(raw), "\n---") {
			var u unstructured.Unstructured
			if err := yaml.Unmarshal([]byte(doc), &u.Object); err == nil && u.GetKind() != "" && u.GetName()+u.GetGenerateName() != "" {
				out[path+strings.Repeat("'", i)] = &u
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// TestGroupIsTheSum: what policies of the baseline say together, sharing what
// their libs computed, is what each says alone.
func TestGroupIsTheSum(t *testing.T) {
	all, err := baseline.Policies()
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range all {
		p.Timeout = time.Minute // the test's machine may be busy
	}
	if _, err := policy.NewCompiler().CompileGroup(all); err != nil {
		t.Fatalf("the baseline does not compile together: %v", err)
	}
	configured := settings.Default()
	b := inventory.NewBuilder(configured)
	for _, o := range manifests(t, "../../test/escapes/inventory") {
		b.Put(o)
	}
	inv := b.Build()
	together := engine.New(engine.Options{})
	together.UseInventory(inv)
	if errs := together.UsePolicies(t.Context(), all); len(errs) > 0 {
		t.Fatal(errs)
	}
	alone := make([]*engine.Engine, len(all))
	for i, p := range all {
		alone[i] = engine.New(engine.Options{})
		alone[i].UseInventory(inv)
		if errs := alone[i].UsePolicies(t.Context(), []*policy.Policy{p}); len(errs) > 0 {
			t.Fatal(errs)
		}
	}
	cases := manifests(t, "../../test/escapes")
	if len(cases) < 150 {
		t.Fatalf("%d cases", len(cases))
	}
	violations := 0
	for i, name := range slices.Sorted(maps.Keys(cases)) {
		if i%3 != 0 {
			continue // a third is enough to find what is not sound
		}
		o := cases[name]
		raw, err := o.MarshalJSON()
		if err != nil {
			t.Fatal(err)
		}
		gvk := o.GroupVersionKind()
		req := &admissionv1.AdmissionRequest{
			Operation: admissionv1.Create, Name: o.GetName(), Namespace: o.GetNamespace(),
			Kind:     metav1.GroupVersionKind{Group: gvk.Group, Version: gvk.Version, Kind: gvk.Kind},
			UserInfo: authenticationv1.UserInfo{Username: "alice@acme.example", Groups: []string{"acme", "system:authenticated"}},
			Object:   runtime.RawExtension{Raw: raw},
		}
		who, err := subject.Of(inv, configured, req)
		if err != nil {
			continue // the pipeline refuses it before the engine
		}
		in, err := engine.NewInput(req, who)
		if err != nil {
			t.Fatal(err)
		}
		var want []string
		for _, e := range alone {
			want = append(want, short(e.Snapshot().Validate(t.Context(), engine.Webhook, in))...)
		}
		got := short(together.Snapshot().Validate(t.Context(), engine.Webhook, in))
		violations += len(got)
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
	t.Logf("%d cases, %d violations", len(cases), violations)
	if violations < len(cases)/4 {
		t.Errorf("only %d violations", violations)
	}
}

// TestErrorsAreNotShared: a lib that fails for one policy fails for the next as
// well, although evaluations share what libs computed.
func TestErrorsAreNotShared(t *testing.T) {
	lib := policy.Module{Name: "lib/x.rego", Source: "package tollgate.lib.x\nbad if 1 / (count(input.review.object.data) - 2) > 5"}
	annotated := func(id, webhook string) *policy.Policy {
		p, err := policy.Parse(id+".rego", "# METADATA\n# title: T\n# description: D\n# custom:\n#   id: "+id+"\n#   remedy: R\n#   enforcement: {webhook: "+webhook+"}\npackage tollgate.baseline."+id+"\n\nimport data.tollgate.lib.x\n\nviolation contains {\"msg\": \"bad\"} if x.bad\n", lib)
		if err != nil {
			t.Fatal(err)
		}
		return p
	}
	e := started(t, annotated("a", "Warn"), annotated("b", "Deny"))
	got := short(e.Snapshot().Validate(t.Context(), engine.Webhook, create(t, configMap)))
	if len(got) != 2 || !strings.HasPrefix(got[0], "a Warn : the policy a could not judge") || !strings.HasPrefix(got[1], "b Deny : the policy b could not judge") {
		t.Error(got)
	}
}
