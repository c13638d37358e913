package openapi_test

import (
	"encoding/json"
	"reflect"
	"slices"
	"testing"

	gnostic "github.com/google/gnostic-models/openapiv2"
	"github.com/google/go-cmp/cmp"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/kube-openapi/pkg/builder"
	"k8s.io/kube-openapi/pkg/builder3"
	"k8s.io/kube-openapi/pkg/common"
	"k8s.io/kube-openapi/pkg/validation/spec"

	metering "tollgate.dev/tollgate/apis/metering/v1alpha1"
	policy "tollgate.dev/tollgate/apis/policy/v1alpha1"
	"tollgate.dev/tollgate/apiserver/openapi"
)

func definitions(t *testing.T) *openapi.Definitions {
	t.Helper()
	scheme := runtime.NewScheme()
	for _, add := range []func(*runtime.Scheme) error{metering.AddToScheme, policy.AddToScheme} {
		if err := add(scheme); err != nil {
			t.Fatal(err)
		}
	}
	return openapi.New(scheme)
}

// v2 is the document as the server publishes it.
func v2(t *testing.T) (*spec.Swagger, []byte) {
	t.Helper()
	doc, err := builder.BuildOpenAPIDefinitionsForResources(&common.Config{
		Info: &spec.Info{InfoProps: spec.InfoProps{Title: "test", Version: "1"}}, GetDefinitions: definitions(t).V2,
	}, models()...)
	if err != nil {
		t.Fatal(err)
	}
	raw, err := json.Marshal(doc)
	if err != nil {
		t.Fatal(err)
	}
	return doc, raw
}

func v3(t *testing.T) map[string]*spec.Schema {
	t.Helper()
	schemas, err := builder3.BuildOpenAPIDefinitionsForResources(&common.OpenAPIV3Config{GetDefinitions: definitions(t).V3}, models()...)
	if err != nil {
		t.Fatal(err)
	}
	return schemas
}

func models() []string {
	return []string{
		metering.BudgetList{}.OpenAPIModelName(), metering.OrganizationBudgetList{}.OpenAPIModelName(),
		metering.UsageList{}.OpenAPIModelName(), policy.PolicyViolationList{}.OpenAPIModelName(),
	}
}

// written are the statuses, and what encoding/json writes of one without content.
func written(t *testing.T) map[string]map[string]any {
	t.Helper()
	out := map[string]map[string]any{}
	for _, object := range []interface{ OpenAPIModelName() string }{
		metering.BudgetSpec{}, metering.BudgetStatus{}, metering.UsageSpec{}, metering.UsageStatus{}, policy.PolicyViolation{},
	} {
		raw, err := json.Marshal(object)
		if err != nil {
			t.Fatal(err)
		}
		var fields map[string]any
		if err := json.Unmarshal(raw, &fields); err != nil {
			t.Fatal(err)
		}
		out[object.OpenAPIModelName()] = fields
	}
	return out
}

// A field that is null in an object without content is nullable, and no other.
// Times that are always there would be null in such an object; they are not pointers.
func TestFieldsThatMayBeNullSaySo(t *testing.T) {
	t.Parallel()
	swagger, _ := v2(t)
	schemas := v3(t)
	always := []string{"since", "until"}
	total := 0
	for model, fields := range written(t) {
		var null []string
		for name, value := range fields {
			if value == nil && !slices.Contains(always, name) {
				null = append(null, name)
			}
		}
		slices.Sort(null)
		total += len(null)
		if diff := cmp.Diff(null, marked(swagger.Definitions[model], func(s spec.Schema) bool { return s.Extensions["x-nullable"] == true })); diff != "" {
			t.Errorf("v2: %s (-null +x-nullable):\n%s", model, diff)
		}
		if diff := cmp.Diff(null, marked(*schemas[model], func(s spec.Schema) bool { return s.Nullable })); diff != "" {
			t.Errorf("v3: %s (-null +nullable):\n%s", model, diff)
		}
	}
	if total != 7 { // three times of budgets, four numbers of usage
		t.Errorf("%d fields may be null, want 7", total)
	}
}

// marked are the marked properties, each of which says its type itself: null is
// not added to a type that is referred to.
func marked(s spec.Schema, is func(spec.Schema) bool) []string {
	var names []string
	for name, property := range s.Properties {
		if is(property) && len(property.Type) == 1 && property.Ref.String() == "" && len(property.AllOf) == 0 && property.Description != "" {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return names
}

// kubectl asks for version 2 as protobuf, which is made by a parser that knows
// the words of version 2 and extensions, and refuses a document with any other.
func TestVersion2CanBeProtobuf(t *testing.T) {
	t.Parallel()
	_, raw := v2(t)
	if _, err := gnostic.ParseDocument(raw); err != nil {
		t.Error(err)
	}
}

// Kubernetes' own definitions stay as they are: another server's would differ,
// and kube-apiserver would publish both.
func TestKubernetesDefinitionsStay(t *testing.T) {
	t.Parallel()
	ref := func(path string) spec.Ref { return spec.MustCreateRef("#/definitions/" + path) }
	d := definitions(t)
	for version, got := range map[string]map[string]common.OpenAPIDefinition{"v2": d.V2(ref), "v3": d.V3(ref)} {
		want := openapi.GetOpenAPIDefinitions(ref)
		for _, model := range []string{metering.BudgetStatus{}.OpenAPIModelName(), metering.UsageStatus{}.OpenAPIModelName()} {
			if reflect.DeepEqual(want[model], got[model]) {
				t.Errorf("%s: %s is not marked", version, model)
			}
			delete(want, model)
			delete(got, model)
		}
		if _, ok := want[metav1.Time{}.OpenAPIModelName()]; !ok || !reflect.DeepEqual(want, got) {
			t.Errorf("%s: other definitions changed", version)
		}
	}
}
