package complete

import (
	"context"
	"fmt"
	"sync"

	"k8s.io/apiextensions-apiserver/pkg/apis/apiextensions"
	apiextensionsv1 "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
	structuralschema "k8s.io/apiextensions-apiserver/pkg/apiserver/schema"
	"k8s.io/apiextensions-apiserver/pkg/apiserver/schema/defaulting"
	"k8s.io/apiextensions-apiserver/pkg/apiserver/schema/objectmeta"
	"k8s.io/apiextensions-apiserver/pkg/apiserver/schema/pruning"
	"k8s.io/apiextensions-apiserver/pkg/apiserver/validation"
	"k8s.io/apiextensions-apiserver/pkg/registry/customresource"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/util/validation/field"
	"k8s.io/apiserver/pkg/registry/rest"
)

// definition is one version of a custom resource. What takes time to compile
// is compiled when it is first needed.
type definition struct {
	kind       schema.GroupVersionKind
	namespaced bool
	preserve   bool // spec.preserveUnknownFields
	internal   *apiextensions.JSONSchemaProps
	status     bool // has the subresource
	structural *structuralschema.Structural
	strategy   func() (strategy, error)
}

// strategy is the API server's own, for custom resources.
type strategy interface {
	rest.RESTCreateStrategy
	rest.RESTUpdateStrategy
}

func newDefinitions(crd *apiextensionsv1.CustomResourceDefinition) (map[string]*definition, error) {
	crd = crd.DeepCopy()
	apiextensionsv1.SetDefaults_CustomResourceDefinition(crd)
	apiextensionsv1.SetDefaults_CustomResourceDefinitionSpec(&crd.Spec)
	internal := &apiextensions.CustomResourceDefinition{}
	if err := apiextensionsv1.Convert_v1_CustomResourceDefinition_To_apiextensions_CustomResourceDefinition(crd, internal, nil); err != nil {
		return nil, err
	}
	out := map[string]*definition{}
	for _, v := range internal.Spec.Versions {
		if !v.Served {
			continue
		}
		version := v.Name
		s, err := apiextensions.GetSchemaForVersion(internal, version)
		if err != nil {
			return nil, err
		}
		if s == nil || s.OpenAPIV3Schema == nil {
			return nil, fmt.Errorf("version %s has no schema", version)
		}
		structural, err := structuralschema.NewStructural(s.OpenAPIV3Schema)
		if err != nil {
			return nil, fmt.Errorf("version %s has no structural schema: %w", version, err)
		}
		sub, err := apiextensions.GetSubresourcesForVersion(internal, version)
		if err != nil {
			return nil, err
		}
		d := &definition{
			kind:       schema.GroupVersionKind{Group: crd.Spec.Group, Version: version, Kind: crd.Spec.Names.Kind},
			namespaced: crd.Spec.Scope == apiextensionsv1.NamespaceScoped,
			preserve:   crd.Spec.PreserveUnknownFields,
			internal:   s.OpenAPIV3Schema,
			status:     sub != nil && sub.Status != nil,
			structural: structural,
		}
		d.strategy = sync.OnceValues(d.compile)
		out[version] = d
	}
	if len(out) == 0 {
		return nil, fmt.Errorf("it serves no version")
	}
	return out, nil
}

// compile makes the API server's strategy; its rules in CEL take their time.
func (d *definition) compile() (strategy, error) {
	validator, _, err := validation.NewSchemaValidator(d.internal)
	if err != nil {
		return nil, fmt.Errorf("compiling the schema of %s: %w", d.kind, err)
	}
	var status *apiextensions.CustomResourceSubresourceStatus
	if d.status {
		status = &apiextensions.CustomResourceSubresourceStatus{}
	}
	return customresource.NewStrategy(nil, d.namespaced, d.kind, validator, nil, d.structural, status, nil, nil), nil
}

// decode follows the order of apiextensions-apiserver's decoder: metadata is
// read strictly and kept aside, the rest pruned, defaulted and coerced.
func (d *definition) decode(u *unstructured.Unstructured) (warnings []string, err error) {
	meta, found, unknown, err := objectmeta.GetObjectMetaWithOptions(u.Object, objectmeta.ObjectMetaOptions{ReturnUnknownFieldPaths: true})
	if err != nil {
		return nil, err
	}
	apiVersion, kind := u.GetAPIVersion(), u.GetKind()
	if !d.preserve {
		unknown = append(unknown, pruning.PruneWithOptions(u.Object, d.structural, true, structuralschema.UnknownFieldPathOptions{TrackUnknownFieldPaths: true})...)
		defaulting.PruneNonNullableNullsWithoutDefaults(u.Object, d.structural)
	}
	bad, paths := objectmeta.CoerceWithOptions(nil, u.Object, d.structural, false, objectmeta.CoerceOptions{ReturnUnknownFieldPaths: true})
	if bad != nil {
		return nil, bad
	}
	unknown = append(unknown, paths...)
	u.SetAPIVersion(apiVersion)
	u.SetKind(kind)
	if found {
		if err := objectmeta.SetObjectMeta(u.Object, meta); err != nil {
			return nil, err
		}
	}
	d.fill(u)
	for _, path := range unknown {
		warnings = append(warnings, fmt.Sprintf("unknown field %q", path))
	}
	return warnings, nil
}

func (d *definition) fill(u *unstructured.Unstructured) { defaulting.Default(u.Object, d.structural) }

func (d *definition) create(ctx context.Context, u *unstructured.Unstructured) field.ErrorList {
	s, err := d.strategy()
	if err != nil {
		return field.ErrorList{field.InternalError(nil, err)}
	}
	s.PrepareForCreate(ctx, u)
	return rest.ValidateCreate(ctx, u, s)
}

func (d *definition) update(ctx context.Context, u, old *unstructured.Unstructured) field.ErrorList {
	s, err := d.strategy()
	if err != nil {
		return field.ErrorList{field.InternalError(nil, err)}
	}
	carryOver(u, old)
	s.PrepareForUpdate(ctx, u, old)
	// A file says nothing of the version it replaces, and the API server wants one.
	checked := u.DeepCopy()
	if checked.GetResourceVersion() == "" {
		checked.SetResourceVersion("1")
	}
	return rest.ValidateUpdate(ctx, checked, old, s)
}
