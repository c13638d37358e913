package complete

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"

	corev1 "k8s.io/api/core/v1"
	discoveryv1 "k8s.io/api/discovery/v1"
	networkingv1 "k8s.io/api/networking/v1"
	"k8s.io/apimachinery/pkg/api/meta"
	"k8s.io/apimachinery/pkg/api/validation"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	kjson "k8s.io/apimachinery/pkg/runtime/serializer/json"
	"k8s.io/apimachinery/pkg/util/validation/field"
	"k8s.io/client-go/kubernetes/scheme"
)

// The Kubernetes version whose removals are held against built-in kinds.
const major, minor = 1, 37

// builtin is the treatment of a kind of Kubernetes itself: its Go type says
// which fields there are. Their defaults, which Kubernetes keeps to itself, are
// not filled in but for the kinds that Tollgate's policies judge: Ingress, which
// has none, and Secret.
type builtin struct {
	gvk     schema.GroupVersionKind
	decoder runtime.Serializer
}

func newBuiltin(gvk schema.GroupVersionKind) (*builtin, error) {
	object, err := scheme.Scheme.New(gvk)
	if err != nil {
		return nil, err
	}
	if r, ok := object.(interface{ APILifecycleRemoved() (int, int) }); ok {
		if atMajor, atMinor := r.APILifecycleRemoved(); atMajor < major || atMajor == major && atMinor <= minor {
			return nil, fmt.Errorf("%s is %w in %s since Kubernetes %d.%d", gvk.Kind, ErrNotServed, gvk.GroupVersion(), atMajor, atMinor)
		}
	}
	return &builtin{gvk, kjson.NewSerializerWithOptions(kjson.DefaultMetaFactory, scheme.Scheme, scheme.Scheme, kjson.SerializerOptions{Strict: true})}, nil
}

func (b *builtin) decode(u *unstructured.Unstructured) (warnings []string, err error) {
	raw, err := json.Marshal(u.Object)
	if err != nil {
		return nil, err
	}
	typed, _, err := b.decoder.Decode(raw, &b.gvk, nil)
	if err != nil {
		strict, ok := runtime.AsStrictDecodingError(err)
		if !ok || typed == nil {
			return nil, err
		}
		for _, e := range strict.Errors() {
			warnings = append(warnings, e.Error())
		}
	}
	if secret, ok := typed.(*corev1.Secret); ok {
		settleSecret(secret)
	}
	return warnings, b.replace(u, typed)
}

// settleSecret does what reading a Secret does in Kubernetes.
func settleSecret(s *corev1.Secret) {
	if s.Type == "" {
		s.Type = corev1.SecretTypeOpaque
	}
	for key, value := range s.StringData {
		if s.Data == nil {
			s.Data = map[string][]byte{}
		}
		s.Data[key] = []byte(value)
	}
	s.StringData = nil
}

// replace writes a typed object as the API server sends it to webhooks.
func (b *builtin) replace(u *unstructured.Unstructured, typed runtime.Object) error {
	typed.GetObjectKind().SetGroupVersionKind(b.gvk)
	raw, err := json.Marshal(typed)
	if err != nil {
		return err
	}
	fresh := &unstructured.Unstructured{}
	if err := fresh.UnmarshalJSON(raw); err != nil {
		return err
	}
	u.Object = fresh.Object
	return nil
}

func (b *builtin) fill(u *unstructured.Unstructured) {
	// Writing the type anew brings its empty parts back, if it is readable.
	if _, err := b.decode(u); err != nil {
		return
	}
}

func (b *builtin) create(_ context.Context, u *unstructured.Unstructured) field.ErrorList {
	if b.isIngress() {
		u.Object["status"] = map[string]any{"loadBalancer": map[string]any{}}
	}
	if b.counts() {
		u.SetGeneration(1)
	}
	return b.metadata(u)
}

func (b *builtin) update(_ context.Context, u, old *unstructured.Unstructured) field.ErrorList {
	carryOver(u, old)
	if b.isIngress() {
		if status, ok := old.Object["status"]; ok {
			u.Object["status"] = status
		}
	}
	if b.counts() {
		count(u, old)
	}
	// The labels of an EndpointSlice count: one of them names its Service.
	if b.isEndpointSlice() && u.GetGeneration() == old.GetGeneration() && !maps.Equal(u.GetLabels(), old.GetLabels()) {
		u.SetGeneration(old.GetGeneration() + 1)
	}
	return b.metadata(u)
}

func (b *builtin) isIngress() bool {
	return b.gvk == networkingv1.SchemeGroupVersion.WithKind("Ingress")
}

func (b *builtin) isEndpointSlice() bool {
	return b.gvk == discoveryv1.SchemeGroupVersion.WithKind("EndpointSlice")
}

// counts says whether the kind, of those that Tollgate's policies judge, has
// generations.
func (b *builtin) counts() bool { return b.isIngress() || b.isEndpointSlice() }

// metadata validates what all kinds have in common.
func (b *builtin) metadata(u *unstructured.Unstructured) field.ErrorList {
	accessor, err := meta.Accessor(u)
	if err != nil {
		return field.ErrorList{field.InternalError(field.NewPath("metadata"), err)}
	}
	name := validation.NameIsDNSSubdomain
	switch b.gvk.Group {
	case "rbac.authorization.k8s.io":
		name = func(name string, prefix bool) []string { return nil }
	}
	return validation.ValidateObjectMetaAccessor(accessor, !clusterScoped(b.gvk.GroupKind()), name, field.NewPath("metadata"))
}
