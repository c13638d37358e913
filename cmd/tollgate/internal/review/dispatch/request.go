package dispatch

import (
	"cmp"
	"fmt"
	"maps"
	"slices"

	admissionv1 "k8s.io/api/admission/v1"
	admissionregistrationv1 "k8s.io/api/admissionregistration/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apiserver/pkg/admission"
	"k8s.io/apiserver/pkg/admission/plugin/webhook/predicates/rules"
	"k8s.io/apiserver/pkg/authentication/user"
	"k8s.io/client-go/kubernetes/scheme"
)

// Request is what somebody asks of kube-apiserver.
type Request struct {
	Kind     schema.GroupVersionKind
	Resource schema.GroupVersionResource
	// Versions are all in which the resource is served.
	Versions        []string
	Namespace, Name string
	Operation       admissionv1.Operation
	// Options of the operation, such as *metav1.CreateOptions.
	Options runtime.Object
	// Object is nil in a DELETE, and Old in a CREATE.
	Object, Old *unstructured.Unstructured
	// User who asks, Somebody when empty.
	User   string
	Groups []string
	// NamespaceLabels are those of a namespace, nil when nothing is known of it.
	NamespaceLabels func(name string) map[string]string
}

// match finds the version in which a webhook's rules ask for the request: its
// own, or with the match policy Equivalent (the default) another.
func (r *Request) match(h hook) (schema.GroupVersionKind, bool) {
	if r.matches(h, r.Kind.Version) {
		return r.Kind, true
	}
	if p := h.GetMatchPolicy(); p != nil && *p == admissionregistrationv1.Exact {
		return r.Kind, false
	}
	for _, version := range r.Versions {
		if r.matches(h, version) {
			return r.Kind.GroupKind().WithVersion(version), true
		}
	}
	return r.Kind, false
}

func (r *Request) matches(h hook, version string) bool {
	attributes := admission.NewAttributesRecord(nil, nil, r.Kind, r.Namespace, r.Name, r.Resource.GroupResource().WithVersion(version), "",
		admission.Operation(r.Operation), nil, false, nil)
	for _, rule := range h.GetRules() {
		if m := (rules.Matcher{Rule: rule, Attr: attributes}); m.Matches() {
			return true
		}
	}
	return false
}

// as is the request with its objects in another version. It is for definitions
// without a conversion of their own, where only the name of the version changes.
func (r *Request) as(gvk schema.GroupVersionKind) *Request {
	if gvk == r.Kind {
		return r
	}
	out := *r
	convert := func(u *unstructured.Unstructured) *unstructured.Unstructured {
		if u == nil {
			return nil
		}
		u = &unstructured.Unstructured{Object: maps.Clone(u.Object)}
		u.SetGroupVersionKind(gvk)
		return u
	}
	out.Object, out.Old = convert(r.Object), convert(r.Old)
	return &out
}

// attributes are the request as kube-apiserver's matchers read it.
func (r *Request) attributes() (admission.Attributes, error) {
	object, err := typed(r.Object)
	if err != nil {
		return nil, err
	}
	old, err := typed(r.Old)
	if err != nil {
		return nil, err
	}
	return admission.NewAttributesRecord(object, old, r.Kind, r.Namespace, r.Name, r.Resource, "", admission.Operation(r.Operation), r.Options, false, r.who()), nil
}

// Somebody is the user that match conditions see when nobody is said to ask: in a
// cluster somebody always does.
const Somebody = "tollgate-review"

// who asks, with the group that kube-apiserver gives everybody who says who they
// are.
func (r *Request) who() user.Info {
	who := &user.DefaultInfo{Name: cmp.Or(r.User, Somebody), Groups: r.Groups}
	if who.Name != user.Anonymous && !slices.Contains(who.Groups, user.AllAuthenticated) {
		who.Groups = append(slices.Clone(who.Groups), user.AllAuthenticated)
	}
	return who
}

// versioned are attributes whose objects have the version that is asked for.
func versioned(attributes admission.Attributes, gvk schema.GroupVersionKind) *admission.VersionedAttributes {
	v := &admission.VersionedAttributes{Attributes: attributes, VersionedKind: gvk}
	v.VersionedObject.Set(attributes.GetObject())
	v.VersionedOldObject.Set(attributes.GetOldObject())
	return v
}

// typed is an object as kube-apiserver has it: of a Go type if it is one of
// Kubernetes itself, for fields that are empty look differently to CEL then.
func typed(u *unstructured.Unstructured) (runtime.Object, error) {
	if u == nil {
		return nil, nil
	}
	gvk := u.GroupVersionKind()
	if !scheme.Scheme.Recognizes(gvk) {
		return u, nil
	}
	out, err := scheme.Scheme.New(gvk)
	if err != nil {
		return nil, err
	}
	if err := runtime.DefaultUnstructuredConverter.FromUnstructured(u.Object, out); err != nil {
		return nil, fmt.Errorf("reading the %s: %w", gvk.Kind, err)
	}
	out.GetObjectKind().SetGroupVersionKind(gvk)
	if ns, ok := out.(*corev1.Namespace); ok {
		ns.Labels = named(ns.Labels, ns.Name)
	}
	return out, nil
}

// lister finds namespaces by their labels. One that nothing is known of has the
// label that every namespace has.
type lister func(name string) map[string]string

func (l lister) Get(name string) (*corev1.Namespace, error) {
	return &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: name, Labels: named(l(name), name)}}, nil
}

// List is not asked for by kube-apiserver's matcher.
func (l lister) List(labels.Selector) ([]*corev1.Namespace, error) { return nil, nil }

// named are a namespace's labels with the one that kube-apiserver sets itself.
func named(labels map[string]string, name string) map[string]string {
	out := map[string]string{}
	maps.Copy(out, labels)
	out[corev1.LabelMetadataName] = name
	return out
}
