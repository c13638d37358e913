package escapes

import (
	"context"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"tollgate.dev/tollgate/hack/cluster/clustertest"
	"tollgate.dev/tollgate/test/webhook/rig"
)

// admission is a cluster with the suites' world and the webhook before it.
type admission struct {
	*server
	rig *rig.Rig
	// world are the objects of the inventory, by kind, namespace and name.
	world map[string]*unstructured.Unstructured
}

func key(o *unstructured.Unstructured) string {
	return o.GroupVersionKind().GroupKind().String() + " " + o.GetNamespace() + "/" + o.GetName()
}

func newAdmission(t *testing.T) *admission {
	t.Helper()
	env := clustertest.NewEnv(t)
	ctx, cancel := context.WithTimeout(t.Context(), startTimeout)
	defer cancel()
	settings := readFile(t, "settings.yaml")
	r, err := rig.New(ctx, env, rig.Options{Settings: settings, NoBackstop: true})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(r.Close)
	// RBAC lets everybody do everything here: what is refused is refused by a policy.
	for _, args := range [][]string{
		{"create", "clusterrole", "anything", "--verb=*", "--resource=*.*"},
		{"create", "clusterrolebinding", "anything", "--clusterrole=anything", "--group=system:authenticated", "--group=system:unauthenticated"},
	} {
		if _, _, err := r.Admin.Run(ctx, args...); err != nil {
			t.Fatal(err)
		}
	}
	s := &admission{server: connect(t, r.Plane, r.Admin), rig: r, world: map[string]*unstructured.Unstructured{}}
	files, err := filepath.Glob(filepath.Join("inventory", "*.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	// Namespaces and organizations first, as in any cluster.
	slices.SortStableFunc(files, func(a, b string) int { return rank(a) - rank(b) })
	for _, file := range files {
		for _, o := range read(t, file) {
			if o.GetName() == ending {
				continue
			}
			s.world[key(o)] = o
			err := rig.Eventually(ctx, func(ctx context.Context) error { return s.put(ctx, o) })
			if err != nil {
				t.Fatalf("%s: %v", file, err)
			}
			if strings.HasPrefix(filepath.Base(file), "organization-") {
				// The older of two owns: they must not be of one second.
				time.Sleep(time.Second)
			}
		}
	}
	// A controller deletes tokens of service accounts that are not there.
	if _, _, err := r.Admin.Run(ctx, "create", "serviceaccount", "deployer", "-n", "acme-chat"); err != nil {
		t.Fatal(err)
	}
	return s
}

// rank is the order of the inventory's files; the organizations' is that of their age.
func rank(file string) int {
	name := filepath.Base(file)
	for i, prefix := range []string{"namespaces", "organization-initech", "organization-acme", "organization-globex", "organization-umbrella", "pricetable", "gatewayclass", "ingressclass"} {
		if strings.HasPrefix(name, prefix) {
			return i
		}
	}
	return 100
}

// put makes the object be as given.
func (s *admission) put(ctx context.Context, o *unstructured.Unstructured) error {
	r, err := s.resource(s.client, o)
	if err != nil {
		return err
	}
	there, err := r.Get(ctx, o.GetName(), metav1.GetOptions{})
	if apierrors.IsNotFound(err) {
		return s.create(ctx, o, false)
	}
	if err != nil || o.GetKind() == "Namespace" && len(o.GetLabels()) == 0 {
		return err
	}
	_, err = r.Update(ctx, following(there, o), metav1.UpdateOptions{})
	return err
}

// set makes what the case stands on: the object as it was, if it is updated or
// deleted, and nothing in its place if it is created. What it returns puts the
// suites' world back.
func (s *admission) set(t *testing.T, o, old *unstructured.Unstructured) (putBack func()) {
	t.Helper()
	before, known := s.world[key(o)]
	if old == nil {
		return func() {} // an object of the name may be there: admission comes first
	}
	if err := s.put(t.Context(), old); err != nil {
		t.Fatalf("making the object as it was: %v", err)
	}
	return func() {
		var err error
		if known {
			err = s.put(context.WithoutCancel(t.Context()), before)
		} else if o.GetKind() != "Namespace" {
			err = s.remove(context.WithoutCancel(t.Context()), o)
		}
		if err != nil {
			t.Errorf("putting the world back: %v", err)
		}
	}
}

func (s *admission) remove(ctx context.Context, o *unstructured.Unstructured) error {
	r, err := s.resource(s.client, o)
	if err != nil {
		return err
	}
	err = r.Delete(ctx, o.GetName(), metav1.DeleteOptions{})
	if apierrors.IsNotFound(err) { // a controller was faster
		return nil
	}
	return err
}
