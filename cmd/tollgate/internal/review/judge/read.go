package judge

import (
	"errors"
	"fmt"
	"regexp"
	"strings"

	admissionv1 "k8s.io/api/admission/v1"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/util/validation/field"
	"k8s.io/apiserver/pkg/registry/rest"

	"tollgate.dev/tollgate/cmd/tollgate/internal/review/complete"
	"tollgate.dev/tollgate/cmd/tollgate/internal/review/world"
)

// refuse is an error that stands for a refusal of the API server.
func refuse(path *field.Path, value any, message string) *complete.Invalid {
	return &complete.Invalid{Errors: field.ErrorList{field.Invalid(path, value, message)}}
}

// read makes the request's subject of a case: what the API server knows before
// it asks for admission.
func (j *Judge) read(c Case, out *Outcome) (*subject, error) {
	u := c.Object.DeepCopy()
	kind, err := j.catalog.Kind(u.GroupVersionKind())
	if err != nil {
		return nil, refuse(field.NewPath("apiVersion"), u.GetAPIVersion(), err.Error())
	}
	if out.Warnings, err = kind.Decode(u); err != nil {
		return nil, &complete.Invalid{Errors: field.ErrorList{unreadable(err)}}
	}
	s := &subject{kind: kind, operation: c.Operation, object: u, name: u.GetName()}
	switch {
	case kind.Namespaced:
		s.namespace = u.GetNamespace()
		if s.namespace == "" {
			s.namespace = c.Namespace
		}
	case u.GroupVersionKind().GroupKind() == corev1.SchemeGroupVersion.WithKind("Namespace").GroupKind():
		s.namespace = s.name
	}
	expected := ""
	if kind.Namespaced {
		expected = s.namespace
	}
	if err := rest.EnsureObjectNamespaceMatchesRequestNamespace(expected, u); err != nil {
		return nil, refuse(field.NewPath("metadata", "namespace"), u.GetNamespace(), err.Error())
	}
	if s.name == "" && u.GetGenerateName() == "" {
		return nil, &complete.Invalid{Errors: field.ErrorList{field.Required(field.NewPath("metadata", "name"), "name or generateName is required")}}
	}
	return s, j.findOld(s, c)
}

// decoded finds the field in the decoder's messages about a wrong type.
var decoded = regexp.MustCompile(`Go struct field (\w+)\.([\w.]+) of type`)

func unreadable(err error) *field.Error {
	var e *field.Error
	if errors.As(err, &e) {
		return e
	}
	path := ""
	if m := decoded.FindStringSubmatch(err.Error()); m != nil {
		if path = m[2]; m[1] == "ObjectMeta" && !strings.HasPrefix(path, "metadata.") {
			path = "metadata." + path
		}
	}
	return &field.Error{Type: field.ErrorTypeInvalid, Field: path, BadValue: field.OmitValueType{}, Detail: "it cannot be read: " + err.Error()}
}

// findOld settles what the object replaces.
func (j *Judge) findOld(s *subject, c Case) error {
	old := c.Old
	switch s.operation {
	case admissionv1.Create:
		complete.Wipe(s.object)
		return nil
	case admissionv1.Update:
		if old == nil {
			return refuse(field.NewPath("metadata", "name"), s.name, "there is no object to update: give it with --old, or in the inventory")
		}
	case admissionv1.Delete:
		if old == nil {
			old = s.object
		}
		s.object = nil
	default:
		return refuse(nil, string(s.operation), "the operation is none of CREATE, UPDATE and DELETE")
	}
	s.old = old.DeepCopy()
	if s.old.GroupVersionKind().GroupKind() != s.kind.GVK.GroupKind() {
		return refuse(field.NewPath("apiVersion"), c.Object.GetAPIVersion(), fmt.Sprintf("the object to update is %s %s", s.old.GetAPIVersion(), s.old.GetKind()))
	}
	s.old.SetAPIVersion(c.Object.GetAPIVersion()) // it is served in every version
	if s.kind.Namespaced && s.old.GetNamespace() == "" {
		s.old.SetNamespace(s.namespace)
	}
	if _, err := s.kind.Decode(s.old); err != nil {
		return refuse(nil, s.name, "the object to update cannot be read: "+err.Error())
	}
	s.kind.Stored(s.old)
	if s.operation == admissionv1.Update {
		if world.KeyOf(s.old) != world.KeyOf(s.object) {
			return refuse(field.NewPath("metadata", "name"), s.name, fmt.Sprintf("the object to update is %s/%s", s.old.GetNamespace(), s.old.GetName()))
		}
		s.kind.Carry(s.object, s.old)
	}
	return nil
}

// Resolve settles what a case leaves to the world as it is now: the object that
// it replaces and the operation.
func (j *Judge) Resolve(c Case) Case {
	kind, err := j.catalog.Kind(c.Object.GroupVersionKind())
	if err != nil {
		return c // Admit says so
	}
	key := world.KeyOf(c.Object)
	switch {
	case !kind.Namespaced:
		key.Namespace = ""
	case key.Namespace == "":
		key.Namespace = c.Namespace
	}
	if c.Old == nil && key.Name != "" && c.Operation != admissionv1.Create {
		c.Old = j.world.Get(key)
	}
	if c.Operation == "" {
		c.Operation = admissionv1.Create
		if c.Old != nil {
			c.Operation = admissionv1.Update
		}
	}
	return c
}
