package escapes

import (
	"context"
	"fmt"
	"testing"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/client-go/discovery"
	"k8s.io/client-go/dynamic"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/restmapper"

	"tollgate.dev/tollgate/hack/cluster"
)

// server is a client of a kube-apiserver, as an administrator.
type server struct {
	config *rest.Config
	client dynamic.Interface
	mapper meta.RESTMapper
}

// connect adds the kinds that Tollgate knows no schema of, and connects.
func connect(t *testing.T, cp *cluster.ControlPlane, kubectl *cluster.Kubectl) *server {
	t.Helper()
	if _, _, err := kubectl.RunInput(t.Context(), cluster.ForeignTypes(), "apply", "-f", "-"); err != nil {
		t.Fatal(err)
	}
	if err := kubectl.AwaitTypes(t.Context()); err != nil {
		t.Fatal(err)
	}
	config, err := cp.Config(cluster.Admin())
	if err != nil {
		t.Fatal(err)
	}
	config.WarningHandler = rest.NoWarnings{} // what the suites do on purpose
	client, err := dynamic.NewForConfig(config)
	if err != nil {
		t.Fatal(err)
	}
	groups, err := discovery.NewDiscoveryClientForConfig(config)
	if err != nil {
		t.Fatal(err)
	}
	resources, err := restmapper.GetAPIGroupResources(groups)
	if err != nil {
		t.Fatal(err)
	}
	return &server{config: config, client: client, mapper: restmapper.NewDiscoveryRESTMapper(resources)}
}

// resource is where an object is, by some client.
func (s *server) resource(client dynamic.Interface, o *unstructured.Unstructured) (dynamic.ResourceInterface, error) {
	gvk := o.GroupVersionKind()
	m, err := s.mapper.RESTMapping(gvk.GroupKind(), gvk.Version)
	if err != nil {
		return nil, fmt.Errorf("looking for the resource of %s: %w", gvk, err)
	}
	if m.Scope.Name() == meta.RESTScopeNameNamespace {
		return client.Resource(m.Resource).Namespace(o.GetNamespace()), nil
	}
	return client.Resource(m.Resource), nil
}

// create creates an object; a namespace that is there already is as good.
func (s *server) create(ctx context.Context, o *unstructured.Unstructured, dryRun bool) error {
	r, err := s.resource(s.client, o)
	if err != nil {
		return err
	}
	opts := metav1.CreateOptions{FieldValidation: metav1.FieldValidationStrict}
	if dryRun {
		opts.DryRun = []string{metav1.DryRunAll}
	}
	_, err = r.Create(ctx, o, opts)
	if apierrors.IsAlreadyExists(err) && o.GetKind() == "Namespace" {
		return nil
	}
	return err
}

// update makes old, tries to make it o, and removes it again.
func (s *server) update(ctx context.Context, old, o *unstructured.Unstructured) (err error) {
	r, err := s.resource(s.client, old)
	if err != nil {
		return err
	}
	made, err := r.Create(ctx, old, metav1.CreateOptions{FieldValidation: metav1.FieldValidationStrict})
	if err != nil {
		return fmt.Errorf("creating the old object: %w", err)
	}
	defer func() {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), time.Minute)
		defer cancel()
		if derr := r.Delete(ctx, old.GetName(), metav1.DeleteOptions{}); derr != nil && err == nil {
			err = fmt.Errorf("removing the old object: %w", derr)
		}
	}()
	_, err = r.Update(ctx, following(made, o), metav1.UpdateOptions{DryRun: []string{metav1.DryRunAll}, FieldValidation: metav1.FieldValidationStrict})
	return err
}

// following is o as the next version of what is there.
func following(made, o *unstructured.Unstructured) *unstructured.Unstructured {
	next := o.DeepCopy()
	next.SetResourceVersion(made.GetResourceVersion())
	next.SetUID(made.GetUID())
	return next
}
