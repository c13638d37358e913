package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
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
	"k8s.io/client-go/tools/clientcmd"
	"sigs.k8s.io/yaml"
)

const (
	// member is the user of the context acme-member.
	member = "alice@acme.example"
	// leastEscapes is fewer than a member has in test/escapes.
	leastEscapes = 150
	// malformed holds what kube-apiserver refuses by itself.
	malformed = "malformed/"
)

// escape is a case of test/escapes.
type escape struct {
	As             *struct{ User string }
	Operation, Old string
	Expect         string
}

// escapes has a member of acme try, dry, every escape of test/escapes that is a
// member's. Each of them is refused by admission: not for a kind that is not
// there, and not by RBAC.
func (r rig) escapes() {
	r.Helper()
	dir := filepath.Join(r.home.root, "test", "escapes")
	var suite struct {
		Defaults escape
		Cases    map[string]escape
	}
	r.read(filepath.Join(dir, "suite.yaml"), &suite)
	admin, alice := r.client("admin"), r.client("acme-member")
	mapper := r.mapper()
	tried := 0
	var files, written []string
	for file := range suite.Cases {
		files = append(files, file)
	}
	slices.Sort(files)
	for _, file := range files {
		e := suite.Cases[file]
		if e.As != nil && e.As.User != member || e.Expect != "" && e.Expect != suite.Defaults.Expect {
			continue
		}
		tried++
		a := attempt{escape: e, admin: admin, alice: alice, mapper: mapper, malformed: strings.HasPrefix(file, malformed)}
		r.read(filepath.Join(dir, file), &a.object.Object)
		a.old = a.object.DeepCopy()
		if e.Old != "" {
			a.old = &unstructured.Unstructured{}
			r.read(filepath.Join(dir, e.Old), &a.old.Object)
		}
		if e.Operation != "UPDATE" && e.Operation != "DELETE" && !a.malformed {
			written = append(written, filepath.Join(dir, file))
		}
		r.Run(file, a.isRefused)
	}
	if tried < leastEscapes {
		r.Errorf("a member tried %d escapes, want at least %d", tried, leastEscapes)
	}
	// What is new in a pull request is judged the same before it is written.
	r.reviewed(leastEscapes, 1, []string{"Deny"}, written...)
}

// read reads a YAML file.
func (r rig) read(path string, into any) {
	r.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		r.Fatal(err)
	}
	if err := yaml.Unmarshal(data, into); err != nil {
		r.Fatalf("%s: %v", path, err)
	}
}

func (r rig) config(context string) *rest.Config {
	r.Helper()
	config, err := clientcmd.NewNonInteractiveDeferredLoadingClientConfig(
		&clientcmd.ClientConfigLoadingRules{ExplicitPath: r.home.kubeconfig()}, &clientcmd.ConfigOverrides{CurrentContext: context},
	).ClientConfig()
	if err != nil {
		r.Fatal(err)
	}
	config.QPS, config.WarningHandler = -1, rest.NoWarnings{}
	return config
}

func (r rig) client(context string) dynamic.Interface {
	r.Helper()
	client, err := dynamic.NewForConfig(r.config(context))
	if err != nil {
		r.Fatal(err)
	}
	return client
}

// mapper knows the kinds that the demo serves.
func (r rig) mapper() meta.RESTMapper {
	r.Helper()
	groups, err := discovery.NewDiscoveryClientForConfig(r.config("admin"))
	if err != nil {
		r.Fatal(err)
	}
	resources, err := restmapper.GetAPIGroupResources(groups)
	if err != nil {
		r.Fatal(err)
	}
	return restmapper.NewDiscoveryRESTMapper(resources)
}

// attempt is one escape in the running demo.
type attempt struct {
	escape
	object       unstructured.Unstructured
	old          *unstructured.Unstructured // what is there before, unless the demo has its own
	malformed    bool
	admin, alice dynamic.Interface
	mapper       meta.RESTMapper
}

// isRefused makes what the escape stands on and tries it, until the webhook has seen what was written just before.
func (a attempt) isRefused(t *testing.T) {
	if err := retried(t.Context(), patience, func(ctx context.Context) error { return a.prepare(ctx, t) }); err != nil {
		t.Fatalf("making what it stands on: %v", err)
	}
	for deadline := time.Now().Add(patience); ; time.Sleep(100 * time.Millisecond) {
		err := a.try(t.Context())
		switch {
		case a.malformed && (apierrors.IsInvalid(err) || apierrors.IsBadRequest(err)), byAdmission(err):
			return
		case err == nil, apierrors.IsAlreadyExists(err): // the latter is found after admission
			err = errors.New("a member of acme can write this")
		}
		if time.Now().After(deadline) {
			t.Fatal(err)
		}
	}
}

// byAdmission says whether a policy refused.
func byAdmission(err error) bool {
	if err == nil || !apierrors.IsForbidden(err) && !apierrors.IsInvalid(err) && !apierrors.IsBadRequest(err) {
		return false
	}
	text := err.Error()
	return strings.Contains(text, "validate.tollgate.dev\" denied the request: ") || strings.Contains(text, "'tollgate-backstop'")
}

// prepare has what is updated or deleted be there. What the demo lacks is made by
// the administrator, for as long as the test looks at it.
func (a attempt) prepare(ctx context.Context, t *testing.T) error {
	if a.Operation != "UPDATE" && a.Operation != "DELETE" {
		return nil
	}
	r, err := a.resource(a.admin)
	if err != nil {
		return err
	}
	if _, err = r.Get(ctx, a.old.GetName(), metav1.GetOptions{}); !apierrors.IsNotFound(err) {
		return err
	}
	t.Cleanup(func() {
		err := retried(context.WithoutCancel(t.Context()), patience, func(ctx context.Context) error {
			if err := r.Delete(ctx, a.old.GetName(), metav1.DeleteOptions{}); !apierrors.IsNotFound(err) {
				return err
			}
			return nil
		})
		if err != nil {
			t.Errorf("taking away what it stood on: %v", err)
		}
	})
	_, err = r.Create(ctx, a.old, metav1.CreateOptions{})
	return err
}

// try does it as the member, dry.
func (a attempt) try(ctx context.Context) error {
	r, err := a.resource(a.alice)
	if err != nil {
		return err
	}
	dry := []string{metav1.DryRunAll}
	switch a.Operation {
	case "UPDATE":
		var seen dynamic.ResourceInterface // a member may not read every Secret
		if seen, err = a.resource(a.admin); err != nil {
			return err
		}
		var there *unstructured.Unstructured
		if there, err = seen.Get(ctx, a.object.GetName(), metav1.GetOptions{}); err != nil {
			return err
		}
		next := a.object.DeepCopy()
		next.SetResourceVersion(there.GetResourceVersion())
		next.SetUID(there.GetUID())
		_, err = r.Update(ctx, next, metav1.UpdateOptions{DryRun: dry})
	case "DELETE":
		err = r.Delete(ctx, a.object.GetName(), metav1.DeleteOptions{DryRun: dry})
	default:
		_, err = r.Create(ctx, &a.object, metav1.CreateOptions{DryRun: dry})
	}
	return err
}

func (a attempt) resource(client dynamic.Interface) (dynamic.ResourceInterface, error) {
	gvk := a.object.GroupVersionKind()
	m, err := a.mapper.RESTMapping(gvk.GroupKind(), gvk.Version)
	if err != nil {
		return nil, fmt.Errorf("looking for the resource of %s: %w", gvk, err)
	}
	if m.Scope.Name() == meta.RESTScopeNameNamespace {
		return client.Resource(m.Resource).Namespace(a.object.GetNamespace()), nil
	}
	return client.Resource(m.Resource), nil
}
