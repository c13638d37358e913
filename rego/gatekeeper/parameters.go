package gatekeeper

import (
	"encoding/json"
	"fmt"
	"strings"

	"k8s.io/apiextensions-apiserver/pkg/apis/apiextensions"
	apiextensionsv1 "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
	structuralschema "k8s.io/apiextensions-apiserver/pkg/apiserver/schema"
	"k8s.io/apiextensions-apiserver/pkg/apiserver/schema/defaulting"
	"k8s.io/apiextensions-apiserver/pkg/apiserver/schema/pruning"
	"k8s.io/apiextensions-apiserver/pkg/apiserver/validation"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/util/validation/field"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
)

// schema is the template's schema of parameters, as the API server holds
// constraints against it.
type schema struct {
	validator  validation.SchemaValidator
	structural *structuralschema.Structural // nil for a legacy schema, which neither prunes nor defaults
}

// newSchema compiles a schema; nil when the template has none.
func newSchema(props map[string]any, legacy bool) (*schema, error) {
	if len(props) == 0 {
		return nil, nil
	}
	raw, err := json.Marshal(props)
	if err != nil {
		return nil, err
	}
	v1 := &apiextensionsv1.JSONSchemaProps{}
	if err := json.Unmarshal(raw, v1); err != nil {
		return nil, err
	}
	internal := &apiextensions.JSONSchemaProps{}
	if err := apiextensionsv1.Convert_v1_JSONSchemaProps_To_apiextensions_JSONSchemaProps(v1, internal, nil); err != nil {
		return nil, err
	}
	s := &schema{}
	if s.validator, _, err = validation.NewSchemaValidator(internal); err != nil {
		return nil, err
	}
	if legacy {
		return s, nil
	}
	if s.structural, err = structuralschema.NewStructural(internal); err != nil {
		return nil, err
	}
	return s, nil
}

// parameters takes the constraint's parameters: defaulted, without what the
// schema does not know, and valid.
func (s *schema) parameters(spec map[string]any) (*runtime.RawExtension, []string, error) {
	given, ok := spec["parameters"]
	values, isMap := given.(map[string]any)
	if ok && given != nil && !isMap {
		return nil, nil, fmt.Errorf("spec.parameters is not a mapping")
	}
	if values == nil {
		values = map[string]any{}
	}
	values = runtime.DeepCopyJSON(values)
	var notes []string
	if s != nil {
		if s.structural != nil {
			unknown := pruning.PruneWithOptions(values, s.structural, false, structuralschema.UnknownFieldPathOptions{TrackUnknownFieldPaths: true})
			for _, path := range unknown {
				notes = append(notes, fmt.Sprintf("spec.parameters.%s is not in the template's schema and was left out, as the API server does", path))
			}
			defaulting.PruneNonNullableNullsWithoutDefaults(values, s.structural)
			defaulting.Default(values, s.structural)
		}
		if errs := validation.ValidateCustomResource(field.NewPath("spec", "parameters"), values, s.validator); len(errs) > 0 {
			var texts []string
			for _, err := range errs {
				texts = append(texts, err.Error())
			}
			return nil, nil, fmt.Errorf("the template's schema refuses its parameters: %s", strings.Join(texts, "; "))
		}
	}
	if len(values) == 0 {
		return nil, notes, nil
	}
	raw, err := (&unstructured.Unstructured{Object: values}).MarshalJSON()
	if err != nil {
		raw, err = json.Marshal(values)
	}
	if err != nil {
		return nil, nil, fmt.Errorf("writing spec.parameters: %w", err)
	}
	return &runtime.RawExtension{Raw: raw}, notes, nil
}
