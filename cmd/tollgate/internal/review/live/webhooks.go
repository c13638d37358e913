package live

import (
	"context"
	"fmt"

	admissionregistrationv1 "k8s.io/api/admissionregistration/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
)

// What the manifests of Tollgate (manifests/webhook/base) call both webhook
// configurations, and the Service that these have kube-apiserver ask.
const (
	ConfigurationName = "tollgate"
	ServiceName       = "tollgate-webhook"
)

// Webhooks returns the cluster's configurations of Tollgate's webhook, of the
// kind ValidatingWebhookConfiguration or MutatingWebhookConfiguration: the one
// that has the name of the manifests, and of any other the webhooks that call the
// Service of the manifests. Fields that this program does not know are left out;
// the notes name them.
func (c *Cluster) Webhooks(ctx context.Context, kind string) (found []*unstructured.Unstructured, notes []string, err error) {
	gk := schema.GroupKind{Group: admissionregistrationv1.GroupName, Kind: kind}
	err = c.List(ctx, gk, admissionregistrationv1.SchemeGroupVersion.Version, func(u *unstructured.Unstructured) error {
		u, err := own(u)
		if err != nil || u == nil {
			return err
		}
		known, unknown, err := understood(u)
		if err != nil {
			return err
		}
		if unknown != nil {
			notes = append(notes, fmt.Sprintf("%s %s of the cluster: this version of tollgate leaves out what it does not know: %v", kind, u.GetName(), unknown))
		}
		found = append(found, known)
		return nil
	})
	return found, notes, err
}

// own is what of a configuration is Tollgate's: nil when nothing is.
func own(u *unstructured.Unstructured) (*unstructured.Unstructured, error) {
	if u.GetName() == ConfigurationName {
		return u, nil
	}
	webhooks, _, err := unstructured.NestedSlice(u.Object, "webhooks")
	if err != nil {
		return nil, fmt.Errorf("reading %s %s: %w", u.GetKind(), u.GetName(), err)
	}
	var ours []any
	for _, w := range webhooks {
		hook, _ := w.(map[string]any)
		if name, _, _ := unstructured.NestedString(hook, "clientConfig", "service", "name"); name == ServiceName {
			ours = append(ours, w)
		}
	}
	if len(ours) == 0 {
		return nil, nil
	}
	u = u.DeepCopy()
	u.Object["webhooks"] = ours
	return u, nil
}

// understood is a configuration without the fields that a newer Kubernetes may
// have, and an error that names those.
func understood(u *unstructured.Unstructured) (known *unstructured.Unstructured, unknown, err error) {
	var into any = &admissionregistrationv1.ValidatingWebhookConfiguration{}
	if u.GetKind() == "MutatingWebhookConfiguration" {
		into = &admissionregistrationv1.MutatingWebhookConfiguration{}
	}
	err = runtime.DefaultUnstructuredConverter.FromUnstructuredWithValidation(u.Object, into, true)
	if runtime.IsStrictDecodingError(err) {
		unknown, err = err, nil
	}
	if err != nil {
		return nil, nil, fmt.Errorf("reading %s %s: %w", u.GetKind(), u.GetName(), err)
	}
	object, err := runtime.DefaultUnstructuredConverter.ToUnstructured(into)
	if err != nil {
		return nil, nil, fmt.Errorf("reading %s %s: %w", u.GetKind(), u.GetName(), err)
	}
	return &unstructured.Unstructured{Object: object}, unknown, nil
}
