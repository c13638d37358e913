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
	rig   *rig.Rig
	audit *rig.AuditLog
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
	audit, args, err := rig.NewAuditLog(env.Dir)
	if err != nil {
		t.Fatal(err)
	}
	r, err := rig.New(ctx, env, rig.Options{Settings: settings, NoBackstop: true, APIServerArgs: args})
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
	s := &admission{server: connect(t, r.Plane, r.Admin), rig: r, audit: audit, world: map[string]*unstructured.Unstructured{}}
	files, err := filepath.Glob(filepath.Join("inventory", "*.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	// Namespaces and organizations first, as in any cluster.
	slices.SortStableFunc(files, func(a, b string) int { return rank(a) - rank(b) })
	for _, file := range files {
		for _, o := range read(t, file) {
			if o.GetName() == ending {
				continue // end makes it
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

// hold is a finalizer that nobody takes away.
const hold = "tests.tollgate.dev/hold"

// end makes the namespace that ends in the suites' world, with what the cases
// change or delete in it, and deletes it. What is in it is held back, so that the
// namespace stays Terminating for as long as it is looked at.
func (s *admission) end(t *testing.T, cases []held) {
	t.Helper()
	if len(cases) == 0 {
		t.Fatalf("no case is in %s", ending)
	}
	if _, _, err := s.rig.Admin.Run(t.Context(), "create", "namespace", ending); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	for _, c := range cases {
		if c.object.GetKind() == "Namespace" {
			continue
		}
		if c.old == nil {
			t.Fatalf("%s: nobody creates anything in a namespace that ends", c.Name)
		}
		o := c.old.DeepCopy()
		o.SetFinalizers([]string{hold})
		if err := rig.Eventually(ctx, func(ctx context.Context) error { return s.put(ctx, o) }); err != nil {
			t.Fatalf("%s: %v", c.Name, err)
		}
	}
	for _, args := range [][]string{
		{"delete", "namespace", ending, "--wait=false"},
		{"wait", "--for=jsonpath={.status.phase}=Terminating", "--timeout=120s", "namespace/" + ending},
	} {
		if _, _, err := s.rig.Admin.Run(t.Context(), args...); err != nil {
			t.Fatal(err)
		}
	}
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
func (s *admission) set(t *testing.T, c held) (putBack func()) {
	t.Helper()
	o, old := c.object, c.old
	before, known := s.world[key(o)]
	if old == nil {
		return func() {} // an object of the name may be there: admission comes first
	}
	if o.GetNamespace() == ending || o.GetName() == ending {
		return func() {} // as end left it
	}
	// The webhook may not have seen yet what was put back before, and writes statuses beside this.
	s.eventually(t, func(ctx context.Context) error { return s.put(ctx, old) })
	return func() {
		switch {
		case known:
			s.eventually(t, func(ctx context.Context) error { return s.put(ctx, before) })
		case o.GetKind() != "Namespace":
			s.eventually(t, func(ctx context.Context) error { return s.remove(ctx, o) })
		}
	}
}

// eventually tries what comes to pass when the webhook has seen the world as it is.
func (s *admission) eventually(t *testing.T, try func(context.Context) error) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.WithoutCancel(t.Context()), patience)
	defer cancel()
	if err := rig.Eventually(ctx, try); err != nil {
		t.Error(err)
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
