package judge

import (
	"encoding/json"
	"fmt"

	"github.com/google/uuid"
	admissionv1 "k8s.io/api/admission/v1"
	authenticationv1 "k8s.io/api/authentication/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/types"

	"tollgate.dev/tollgate/cmd/tollgate/internal/review/complete"
)

// User is who sends the request. The zero User is nobody: the object is then
// judged by the organization it belongs to.
type User struct {
	Name   string   `json:"user"`
	Groups []string `json:"groups"`
}

// fieldManager is who manages the fields, for the options of a request.
const fieldManager = "tollgate-review"

// subject of one request: the object as it is to be, and as it was.
type subject struct {
	kind      *complete.Kind
	operation admissionv1.Operation
	namespace string
	name      string
	object    *unstructured.Unstructured // nil in a DELETE
	old       *unstructured.Unstructured // nil in a CREATE
}

// request builds the AdmissionRequest as kube-apiserver does
// (k8s.io/apiserver/pkg/admission/plugin/webhook/request). Its uid depends on
// the object only.
func (s *subject) request(user User) (*admissionv1.AdmissionRequest, error) {
	gvk, gvr := s.kind.GVK, s.kind.Resource
	dryRun := false
	r := &admissionv1.AdmissionRequest{
		UID:             types.UID(uuid.NewSHA1(uuid.Nil, []byte(gvk.String()+"\x00"+s.namespace+"\x00"+s.name)).String()),
		Kind:            metav1.GroupVersionKind{Group: gvk.Group, Version: gvk.Version, Kind: gvk.Kind},
		Resource:        metav1.GroupVersionResource{Group: gvr.Group, Version: gvr.Version, Resource: gvr.Resource},
		RequestKind:     &metav1.GroupVersionKind{Group: gvk.Group, Version: gvk.Version, Kind: gvk.Kind},
		RequestResource: &metav1.GroupVersionResource{Group: gvr.Group, Version: gvr.Version, Resource: gvr.Resource},
		Name:            s.name,
		Namespace:       s.namespace,
		Operation:       s.operation,
		UserInfo:        authenticationv1.UserInfo{Username: user.Name, Groups: user.Groups},
		DryRun:          &dryRun,
	}
	var err error
	if r.Options, err = raw(s.options()); err != nil {
		return nil, err
	}
	if s.object != nil {
		if r.Object, err = raw(s.object.Object); err != nil {
			return nil, err
		}
	}
	if s.old != nil {
		if r.OldObject, err = raw(s.old.Object); err != nil {
			return nil, err
		}
	}
	return r, nil
}

// options are those of the operation.
func (s *subject) options() runtime.Object {
	switch s.operation {
	case admissionv1.Create:
		return &metav1.CreateOptions{TypeMeta: metaType("CreateOptions"), FieldManager: fieldManager}
	case admissionv1.Update:
		return &metav1.UpdateOptions{TypeMeta: metaType("UpdateOptions"), FieldManager: fieldManager}
	default:
		background := metav1.DeletePropagationBackground
		return &metav1.DeleteOptions{TypeMeta: metaType("DeleteOptions"), PropagationPolicy: &background}
	}
}

func metaType(kind string) metav1.TypeMeta {
	return metav1.TypeMeta{APIVersion: "meta.k8s.io/v1", Kind: kind}
}

func raw(v any) (runtime.RawExtension, error) {
	b, err := json.Marshal(v)
	if err != nil {
		return runtime.RawExtension{}, fmt.Errorf("writing the request: %w", err)
	}
	return runtime.RawExtension{Raw: b}, nil
}
