package openapi

import (
	"reflect"
	"strings"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/kube-openapi/pkg/common"
	"k8s.io/kube-openapi/pkg/validation/spec"
)

// ours begins the import paths of the types whose fields may be marked. The
// definitions of Kubernetes' own types stay as every other server publishes them.
const ours = "tollgate.dev/tollgate/apis/"

// extension says that a field may be null where OpenAPI has no word for it:
// version 2, in which "nullable" would make the whole document unreadable.
const extension = "x-nullable"

// Definitions are the generated definitions with the fields marked that are
// null when there is nothing to say.
type Definitions struct {
	// nullable are the JSON names of such fields, by the model name of their type.
	nullable map[string][]string
}

// New returns the definitions of a scheme's types. A field may be null when it
// is a pointer that is written also when it is nil: without omitempty.
func New(scheme *runtime.Scheme) *Definitions {
	d := &Definitions{nullable: map[string][]string{}}
	seen := map[reflect.Type]bool{}
	for _, t := range scheme.AllKnownTypes() {
		d.walk(t, seen)
	}
	return d
}

// V2 is for OpenAPI 2, where the fields have the extension x-nullable.
func (d *Definitions) V2(ref common.ReferenceCallback) map[string]common.OpenAPIDefinition {
	return d.marked(ref, func(s *spec.Schema) { s.AddExtension(extension, true) })
}

// V3 is for OpenAPI 3, where they are nullable.
func (d *Definitions) V3(ref common.ReferenceCallback) map[string]common.OpenAPIDefinition {
	return d.marked(ref, func(s *spec.Schema) { s.Nullable = true })
}

func (d *Definitions) marked(ref common.ReferenceCallback, mark func(*spec.Schema)) map[string]common.OpenAPIDefinition {
	all := GetOpenAPIDefinitions(ref)
	moment := ref(metav1.Time{}.OpenAPIModelName())
	for name, fields := range d.nullable {
		definition, ok := all[name]
		if !ok {
			continue // a type that is not published
		}
		for _, field := range fields {
			s := definition.Schema.Properties[field]
			// Null is added to a type that stands in the same schema only, not to one
			// that is referred to.
			if s.Ref.String() == moment.String() {
				s.Ref = spec.Ref{}
				s.Type, s.Format = metav1.Time{}.OpenAPISchemaType(), metav1.Time{}.OpenAPISchemaFormat()
			}
			mark(&s)
			definition.Schema.Properties[field] = s
		}
	}
	return all
}

// walk notes the fields of a type, and of the types in it.
func (d *Definitions) walk(t reflect.Type, seen map[reflect.Type]bool) {
	switch t.Kind() {
	case reflect.Pointer, reflect.Slice, reflect.Array, reflect.Map:
		d.walk(t.Elem(), seen)
		return
	case reflect.Struct:
	default:
		return
	}
	if seen[t] || !strings.HasPrefix(t.PkgPath(), ours) {
		return
	}
	seen[t] = true
	var fields []string
	for i := range t.NumField() {
		f := t.Field(i)
		d.walk(f.Type, seen)
		name, options, _ := strings.Cut(f.Tag.Get("json"), ",")
		if f.Type.Kind() == reflect.Pointer && name != "" && name != "-" && !strings.Contains(options, "omit") {
			fields = append(fields, name)
		}
	}
	if m, ok := reflect.Zero(t).Interface().(interface{ OpenAPIModelName() string }); ok && len(fields) > 0 {
		d.nullable[m.OpenAPIModelName()] = fields
	}
}
