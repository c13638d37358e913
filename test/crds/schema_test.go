package crds

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"k8s.io/apiextensions-apiserver/pkg/apis/apiextensions"
	"k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/install"
	apiextensionsv1 "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
	crdvalidation "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/validation"
	"k8s.io/apiextensions-apiserver/pkg/apiserver/schema"
	"k8s.io/apiextensions-apiserver/pkg/apiserver/schema/cel"
	"k8s.io/apiextensions-apiserver/pkg/apiserver/schema/defaulting"
	"k8s.io/apiextensions-apiserver/pkg/apiserver/schema/listtype"
	"k8s.io/apiextensions-apiserver/pkg/apiserver/schema/pruning"
	"k8s.io/apiextensions-apiserver/pkg/apiserver/validation"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/util/validation/field"
	celconfig "k8s.io/apiserver/pkg/apis/cel"
	"sigs.k8s.io/yaml"
)

// names are the definitions of manifests/crds by file.
func names() []string {
	return []string{"admissionpolicies", "organizations", "pricetables", "projects"}
}

func path(name string) string {
	return filepath.Join("..", "..", "manifests", "crds", "tollgate.dev_"+name+".yaml")
}

// load reads a definition and fills in what kube-apiserver fills in.
func load(tb testing.TB, name string) *apiextensions.CustomResourceDefinition {
	tb.Helper()
	return loadFile(tb, path(name))
}

func loadFile(tb testing.TB, file string) *apiextensions.CustomResourceDefinition {
	tb.Helper()
	data, err := os.ReadFile(file)
	if err != nil {
		tb.Fatal(err)
	}
	var external apiextensionsv1.CustomResourceDefinition
	if err := yaml.UnmarshalStrict(data, &external); err != nil {
		tb.Fatalf("reading %s: %v", file, err)
	}
	scheme := runtime.NewScheme()
	install.Install(scheme)
	scheme.Default(&external)
	var internal apiextensions.CustomResourceDefinition
	if err := scheme.Convert(&external, &internal, nil); err != nil {
		tb.Fatal(err)
	}
	// As its strategy does before it validates.
	for _, v := range internal.Spec.Versions {
		if v.Storage {
			internal.Status.StoredVersions = append(internal.Status.StoredVersions, v.Name)
		}
	}
	return &internal
}

// validator judges objects of one kind as kube-apiserver does: pruning, defaults,
// the schema, lists that are sets or maps, then CEL.
type validator struct {
	structural *schema.Structural
	schema     validation.SchemaValidator
	cel        *cel.Validator
}

func newValidator(tb testing.TB, name string) *validator {
	tb.Helper()
	return validatorOf(tb, load(tb, name), "v1alpha1")
}

func validatorOf(tb testing.TB, crd *apiextensions.CustomResourceDefinition, version string) *validator {
	tb.Helper()
	props, err := apiextensions.GetSchemaForVersion(crd, version)
	if err != nil {
		tb.Fatal(err)
	}
	v := &validator{}
	if v.structural, err = schema.NewStructural(props.OpenAPIV3Schema); err != nil {
		tb.Fatal(err)
	}
	if v.schema, _, err = validation.NewSchemaValidator(props.OpenAPIV3Schema); err != nil {
		tb.Fatal(err)
	}
	v.cel = cel.NewValidator(v.structural, true, celconfig.PerCallLimit)
	return v
}

func parse(tb interface{ Fatalf(string, ...any) }, text string) map[string]any {
	var obj map[string]any
	if err := yaml.UnmarshalStrict([]byte(text), &obj); err != nil {
		tb.Fatalf("the test's own object: %v\n%s", err, text)
	}
	return obj
}

// judge returns what is wrong with an object, written in place of old (nil when
// it is created). The object is changed to what would be stored.
func (v *validator) judge(ctx context.Context, obj, old map[string]any) field.ErrorList {
	unknown := pruning.PruneWithOptions(obj, v.structural, true, schema.UnknownFieldPathOptions{TrackUnknownFieldPaths: true})
	var errs field.ErrorList
	for _, p := range unknown {
		errs = append(errs, field.Forbidden(field.NewPath(p), "unknown field"))
	}
	defaulting.Default(obj, v.structural)
	errs = append(errs, validation.ValidateCustomResource(nil, obj, v.schema)...)
	errs = append(errs, listtype.ValidateListSetsAndMaps(nil, v.structural, obj)...)
	var before any
	if old != nil {
		defaulting.Default(old, v.structural)
		before = old
	}
	celErrs, _ := v.cel.Validate(ctx, nil, v.structural, obj, before, celconfig.RuntimeCELCostBudget)
	return append(errs, celErrs...)
}

// verdict is one object and what is to be said of it: nothing, or an error with
// each of the texts.
type verdict struct {
	name   string
	object string
	// old is what is replaced; "" when the object is created.
	old string
	// wantErrors are parts of the errors that are to be there; none means that
	// the object is to be taken.
	wantErrors []string
}

func checkVerdicts(t *testing.T, definition string, verdicts []verdict) {
	t.Helper()
	v := newValidator(t, definition)
	for _, tt := range verdicts {
		t.Run(tt.name, func(t *testing.T) {
			var old map[string]any
			if tt.old != "" {
				old = parse(t, tt.old)
			}
			errs := v.judge(t.Context(), parse(t, tt.object), old)
			if len(tt.wantErrors) == 0 && len(errs) > 0 {
				t.Fatalf("refused: %v", errs.ToAggregate())
			}
			for _, want := range tt.wantErrors {
				found := false
				for _, e := range errs {
					found = found || strings.Contains(e.Error(), want)
				}
				if !found {
					t.Errorf("no error with %q in: %v", want, errs.ToAggregate())
				}
			}
		})
	}
}

// kube-apiserver takes each definition as it is, its CEL costs included.
func TestDefinitions(t *testing.T) {
	for _, name := range names() {
		t.Run(name, func(t *testing.T) {
			crd := load(t, name)
			if errs := crdvalidation.ValidateCustomResourceDefinition(t.Context(), crd); len(errs) > 0 {
				t.Fatal(errs.ToAggregate())
			}
			if crd.Spec.Names.Categories[0] != "tollgate" || len(crd.Spec.Names.ShortNames) == 0 {
				t.Errorf("names: %+v", crd.Spec.Names)
			}
			props, err := apiextensions.GetSchemaForVersion(crd, "v1alpha1")
			if err != nil {
				t.Fatal(err)
			}
			undescribed(t, name, *props.OpenAPIV3Schema)
		})
	}
}

// undescribed finds fields about which kubectl explain would say nothing.
func undescribed(t *testing.T, at string, s apiextensions.JSONSchemaProps) {
	t.Helper()
	for name, p := range s.Properties {
		if at != "" && p.Description == "" && name != "metadata" {
			t.Errorf("%s.%s has no description", at, name)
		}
		undescribed(t, at+"."+name, p)
	}
	if s.Items != nil && s.Items.Schema != nil {
		undescribed(t, at+"[]", *s.Items.Schema)
	}
}
