package escapes

import (
	"context"
	"fmt"
	"path/filepath"
	"strings"
	"testing"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/client-go/discovery"
	"k8s.io/client-go/dynamic"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/restmapper"

	"tollgate.dev/tollgate/hack/cluster"
	"tollgate.dev/tollgate/hack/cluster/clustertest"
)

// malformed holds what kube-apiserver refuses without anybody's help.
const malformed = "malformed" + string(filepath.Separator)

// A real kube-apiserver takes every manifest of the suites, of their world and of
// the example tenant, so that what is refused later is refused by a policy.
func TestManifestsAreServable(t *testing.T) {
	s := newServer(t)
	for _, path := range examples(t) {
		for _, o := range read(t, path) {
			if err := s.create(t.Context(), o, true); err != nil {
				t.Errorf("%s: %v", path, err)
			}
		}
	}
	for _, dir := range suites() {
		suite := readSuite(t, dir)
		for _, folder := range suite.Inventory {
			files, err := filepath.Glob(filepath.Join(dir, folder, "*.yaml"))
			if err != nil || len(files) == 0 {
				t.Fatalf("%s: no inventory in %s (%v)", dir, folder, err)
			}
			for _, path := range files {
				for _, o := range read(t, path) {
					if err := s.create(t.Context(), o, true); err != nil {
						t.Errorf("%s: %v", path, err)
					}
				}
			}
		}
		for _, file := range suite.files(t) {
			path, e := filepath.Join(dir, file), suite.expected(file)
			o := readOne(t, path)
			var err error
			if e.Old == "" {
				err = s.create(t.Context(), o, true)
			} else {
				err = s.update(t.Context(), readOne(t, filepath.Join(dir, e.Old)), o)
			}
			if strings.HasPrefix(file, malformed) {
				if err == nil {
					t.Errorf("%s: kube-apiserver takes it, so it is no malformed manifest", path)
				}
				continue
			}
			if err != nil {
				t.Errorf("%s: %v", path, err)
			}
		}
	}
}

// server is a kube-apiserver that knows every kind of the suites.
type server struct {
	client dynamic.Interface
	mapper meta.RESTMapper
}

func newServer(t *testing.T) *server {
	t.Helper()
	cp := clustertest.ControlPlane(t)
	kubectl, err := cp.Kubectl(cluster.Admin())
	if err != nil {
		t.Fatal(err)
	}
	manifests := filepath.Join("..", "..", "manifests")
	for _, args := range [][]string{
		{"apply", "--server-side", "-k", filepath.Join(manifests, "crds")},
		{"apply", "--server-side", "-k", filepath.Join(manifests, "higress-crds")},
		{"apply", "--server-side", "-f", filepath.Join(manifests, "gatewayapi")},
	} {
		if _, _, err := kubectl.Run(t.Context(), args...); err != nil {
			t.Fatal(err)
		}
	}
	if _, _, err := kubectl.RunInput(t.Context(), []byte(strangers()), "apply", "-f", "-"); err != nil {
		t.Fatal(err)
	}
	if _, _, err := kubectl.Run(t.Context(), "wait", "--for=condition=Established", "crd", "--all", "--timeout=60s"); err != nil {
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
	s := &server{client: client, mapper: restmapper.NewDiscoveryRESTMapper(resources)}
	for _, o := range read(t, filepath.Join("inventory", "namespaces.yaml")) {
		if err := s.create(t.Context(), o, false); err != nil && !apierrors.IsAlreadyExists(err) {
			t.Fatal(err)
		}
	}
	return s
}

// strangers are definitions of kinds that Tollgate judges without knowing their
// fields: Istio's, and those of the Gateway API that it brings no schema of.
func strangers() string {
	var b strings.Builder
	for _, k := range []struct{ group, version, kind, plural string }{
		{"networking.istio.io", "v1alpha3", "EnvoyFilter", "envoyfilters"},
		{"extensions.istio.io", "v1alpha1", "WasmPlugin", "wasmplugins"},
		{"gateway.networking.k8s.io", "v1", "ListenerSet", "listenersets"},
		{"gateway.networking.k8s.io", "v1", "TLSRoute", "tlsroutes"},
	} {
		annotations := ""
		if strings.HasSuffix(k.group, ".k8s.io") {
			annotations = `, annotations: {api-approved.kubernetes.io: "unapproved, a stand-in for tests"}`
		}
		fmt.Fprintf(&b, `---
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {name: %[4]s.%[1]s%[5]s}
spec:
  group: %[1]s
  scope: Namespaced
  names: {kind: %[3]s, plural: %[4]s, singular: %[6]s}
  versions:
    - name: %[2]s
      served: true
      storage: true
      schema: {openAPIV3Schema: {type: object, x-kubernetes-preserve-unknown-fields: true}}
`, k.group, k.version, k.kind, k.plural, annotations, strings.ToLower(k.kind))
	}
	return b.String()
}

func (s *server) resource(gvk schema.GroupVersionKind, namespace string) (dynamic.ResourceInterface, error) {
	m, err := s.mapper.RESTMapping(gvk.GroupKind(), gvk.Version)
	if err != nil {
		return nil, fmt.Errorf("looking for the resource of %s: %w", gvk, err)
	}
	if m.Scope.Name() == meta.RESTScopeNameNamespace {
		return s.client.Resource(m.Resource).Namespace(namespace), nil
	}
	return s.client.Resource(m.Resource), nil
}

// create creates an object; a namespace that is there already is as good.
func (s *server) create(ctx context.Context, o *unstructured.Unstructured, dryRun bool) error {
	r, err := s.resource(o.GroupVersionKind(), o.GetNamespace())
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
	r, err := s.resource(old.GroupVersionKind(), old.GetNamespace())
	if err != nil {
		return err
	}
	made, err := r.Create(ctx, old, metav1.CreateOptions{FieldValidation: metav1.FieldValidationStrict})
	if err != nil {
		return fmt.Errorf("creating the old object: %w", err)
	}
	defer func() {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 10*time.Second)
		defer cancel()
		if derr := r.Delete(ctx, old.GetName(), metav1.DeleteOptions{}); derr != nil && err == nil {
			err = fmt.Errorf("removing the old object: %w", derr)
		}
	}()
	next := o.DeepCopy()
	next.SetResourceVersion(made.GetResourceVersion())
	next.SetUID(made.GetUID())
	_, err = r.Update(ctx, next, metav1.UpdateOptions{DryRun: []string{metav1.DryRunAll}, FieldValidation: metav1.FieldValidationStrict})
	return err
}
