package gatekeeper

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/open-policy-agent/opa/v1/ast"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"tollgate.dev/tollgate/apis/tollgate/v1alpha1"
)

// template is what is taken of a ConstraintTemplate.
type template struct {
	name, kind, title string
	rego              string
	libs              []string
	version           v1alpha1.RegoVersion
	operations        []string
	schema            *schema
	modules           []*ast.Module
	needs             []v1alpha1.InventoryKind // by its annotation
	notes             []string
	broken, used      bool
}

// admissionTarget is the one target that Gatekeeper's webhook has.
const admissionTarget = "admission.k8s.gatekeeper.sh"

// readTemplate reads a template. When it cannot be carried over, a template
// that is marked broken comes with the error if its kind is known, so that its
// constraints are not blamed as well.
func readTemplate(obj *unstructured.Unstructured) (*template, error) {
	kind, _, err := unstructured.NestedString(obj.Object, "spec", "crd", "spec", "names", "kind")
	if err != nil || kind == "" {
		return nil, errors.New("spec.crd.spec.names.kind is missing")
	}
	t := &template{name: obj.GetName(), kind: kind, version: v1alpha1.RegoV0}
	t.title = firstOf(obj.GetAnnotations()["metadata.gatekeeper.sh/title"], obj.GetAnnotations()["description"])
	if err := t.read(obj); err != nil {
		t.broken = true
		return t, err
	}
	return t, nil
}

func (t *template) read(obj *unstructured.Unstructured) error {
	targets, _, err := unstructured.NestedSlice(obj.Object, "spec", "targets")
	if err != nil || len(targets) != 1 {
		return errors.New("spec.targets must hold one target")
	}
	target, ok := targets[0].(map[string]any)
	if !ok {
		return errors.New("spec.targets[0] is not a mapping")
	}
	if err := only(target, "spec.targets[0]", "target", "rego", "libs", "code", "operations"); err != nil {
		return err
	}
	if name, _ := target["target"].(string); name != admissionTarget {
		return fmt.Errorf("the target %q is not %s, the only one that judges Kubernetes objects at admission", name, admissionTarget)
	}
	if t.operations, err = operations(target, "spec.targets[0]"); err != nil {
		return err
	}
	if err := t.readCode(target); err != nil {
		return err
	}
	if err := t.parse(); err != nil {
		return err
	}
	validation, err := mapping(obj.Object, "spec", "crd", "spec", "validation")
	if err != nil {
		return err
	}
	legacy, given := validation["legacySchema"].(bool)
	if !given {
		// The default of v1 is false, that of the older versions is true.
		legacy = obj.GroupVersionKind().Version != "v1"
	}
	props, err := mapping(validation, "openAPIV3Schema")
	if err != nil {
		return err
	}
	if t.schema, err = newSchema(props, legacy); err != nil {
		return fmt.Errorf("spec.crd.spec.validation.openAPIV3Schema: %w", err)
	}
	t.needs, err = syncData(obj.GetAnnotations()[syncAnnotation])
	return err
}

// readCode takes the Rego, from the block that has the first word in
// Gatekeeper: code, then rego.
func (t *template) readCode(target map[string]any) error {
	code, _ := target["code"].([]any)
	var engines []string
	for i, each := range code {
		block, _ := each.(map[string]any)
		engine, _ := block["engine"].(string)
		engines = append(engines, engine)
		if engine != "Rego" {
			continue
		}
		where := fmt.Sprintf("spec.targets[0].code[%d].source", i)
		source, err := mapping(block, "source")
		if err != nil {
			return err
		}
		if err := only(source, where, "version", "rego", "libs"); err != nil {
			return err
		}
		switch version, _ := source["version"].(string); version {
		case "", "v0":
		case "v1":
			t.version = v1alpha1.RegoV1
		default:
			return fmt.Errorf("%s.version is %q: v0 and v1 are known", where, version)
		}
		if slices.ContainsFunc(code, func(other any) bool { b, _ := other.(map[string]any); return b["engine"] != "Rego" }) {
			t.notes = append(t.notes, "the template has Rego and other code; the Rego was taken")
		}
		return t.readSource(source, where)
	}
	if len(engines) > 0 {
		return fmt.Errorf("its code is for %s only, and there is no Rego in it: keep it as a ValidatingAdmissionPolicy, or write it in Rego", strings.Join(engines, " and "))
	}
	return t.readSource(target, "spec.targets[0]")
}

func (t *template) readSource(source map[string]any, where string) error {
	t.rego, _ = source["rego"].(string)
	if strings.TrimSpace(t.rego) == "" {
		return fmt.Errorf("%s.rego is missing", where)
	}
	libs, _, err := unstructured.NestedStringSlice(source, "libs")
	if err != nil {
		return fmt.Errorf("%s.libs is not a list of texts", where)
	}
	t.libs = libs
	return nil
}

// parse reads the Rego, to see what it uses.
func (t *template) parse() error {
	options := ast.ParserOptions{RegoVersion: ast.RegoV0}
	if t.version == v1alpha1.RegoV1 {
		options.RegoVersion = ast.RegoV1
	}
	all := true
	for i, text := range append([]string{t.rego}, t.libs...) {
		name := t.name
		if i > 0 {
			name = fmt.Sprintf("%s.libs[%d]", t.name, i-1)
		}
		m, err := ast.ParseModuleWithOpts(name, text, options)
		if err != nil {
			return fmt.Errorf("its Rego cannot be read: %w", err)
		}
		if m == nil {
			return fmt.Errorf("%s is empty", name)
		}
		all = all && (t.version == v1alpha1.RegoV1 || importsV1(m))
		t.modules = append(t.modules, m)
		if at := callOf(m, "external_data"); at != nil {
			return fmt.Errorf("%s: it calls external_data, which cannot be carried over: policies reach no network", at)
		}
	}
	if all {
		t.version = v1alpha1.RegoV1
	}
	return nil
}

// importsV1 says whether a module is Rego v1 by its own word.
func importsV1(m *ast.Module) bool {
	return slices.ContainsFunc(m.Imports, func(i *ast.Import) bool {
		ref, ok := i.Path.Value.(ast.Ref)
		return ok && ref.String() == "rego.v1"
	})
}

// callOf finds a call of a function by name.
func callOf(m *ast.Module, name string) (at *ast.Location) {
	ast.WalkRefs(m, func(ref ast.Ref) bool {
		if v, ok := ref[0].Value.(ast.Var); ok && string(v) == name && len(ref) == 1 {
			at = ref[0].Location
		}
		return at != nil
	})
	return at
}
