package webhook_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"tollgate.dev/tollgate/hack/cluster"
	"tollgate.dev/tollgate/hack/cluster/clustertest"
	"tollgate.dev/tollgate/test/webhook/rig"
)

const (
	// startTimeout bounds the start of everything on a busy machine.
	startTimeout = 15 * time.Minute
	// patience bounds waits for what happens in the background: client-go lets up to a minute pass between two tries.
	patience = 5 * time.Minute
)

// world is a rig with the examples' organizations and users.
type world struct {
	*rig.Rig
	t *testing.T
	// alice is a member of acme, mallory of nothing. RBAC lets both do anything.
	alice, mallory *cluster.Kubectl
}

// start starts a rig and ends it with the test.
func start(t *testing.T, opts rig.Options) *world {
	t.Helper()
	env := clustertest.NewEnv(t)
	ctx, cancel := context.WithTimeout(t.Context(), startTimeout)
	defer cancel()
	r, err := rig.New(ctx, env, opts)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(r.Close)
	t.Cleanup(func() {
		if t.Failed() {
			for _, one := range r.Replicas {
				out, _ := tail(one.LogFile())
				t.Logf("the end of %s:\n%s", one.Name(), out)
			}
		}
	})
	w := &world{Rig: r, t: t}
	// Projects are refused until the webhook has seen their organization and prices, which came just before.
	w.eventually("the examples are taken", func(ctx context.Context) error {
		_, _, err := r.Admin.Run(ctx, "apply", "-k", r.Manifest("examples"))
		return err
	})
	w.run(r.Admin, "create", "clusterrole", "anything", "--verb=*", "--resource=*.*")
	w.run(r.Admin, "create", "clusterrolebinding", "anything", "--clusterrole=anything", "--group=acme", "--user=mallory")
	w.alice = w.user(cluster.User{Name: "alice@acme.example", Groups: []string{"acme"}, Namespace: "acme-chat"})
	w.mallory = w.user(cluster.User{Name: "mallory", Namespace: "acme-chat"})
	for _, u := range []cluster.User{{Name: "alice@acme.example", Groups: []string{"acme"}}, {Name: "mallory"}} {
		clustertest.Allowed(t, r.Admin, u, true, "*", "*")
	}
	return w
}

func (w *world) user(u cluster.User) *cluster.Kubectl {
	w.t.Helper()
	k, err := w.Plane.Kubectl(u)
	if err != nil {
		w.t.Fatal(err)
	}
	return k
}

// run runs kubectl, which must succeed.
func (w *world) run(k *cluster.Kubectl, args ...string) string {
	w.t.Helper()
	out, _, err := k.Run(w.t.Context(), args...)
	if err != nil {
		w.t.Fatal(err)
	}
	return out
}

// write runs kubectl with a manifest and returns its error.
func (w *world) write(k *cluster.Kubectl, manifest string, args ...string) (stderr string, err error) {
	w.t.Helper()
	if len(args) == 0 {
		args = []string{"apply", "--server-side"}
	}
	_, stderr, err = k.RunInput(w.t.Context(), []byte(manifest), append(args, "-f", "-")...)
	return stderr, err
}

// passes fails unless a manifest is taken.
func (w *world) passes(k *cluster.Kubectl, manifest string, args ...string) {
	w.t.Helper()
	if _, err := w.write(k, manifest, args...); err != nil {
		w.t.Error(err)
	}
}

// refused fails unless a manifest is refused with all of the words.
func (w *world) refused(k *cluster.Kubectl, manifest string, words ...string) {
	w.t.Helper()
	_, err := w.write(k, manifest)
	saysAll(w.t, err, words...)
}

func saysAll(t *testing.T, err error, words ...string) {
	t.Helper()
	if err == nil {
		t.Errorf("it passed; it should have been refused with %q", words)
		return
	}
	for _, word := range words {
		if !strings.Contains(err.Error(), word) {
			t.Errorf("refused without %q: %v", word, err)
		}
	}
}

// eventually waits until check returns nil.
func (w *world) eventually(what string, check func(ctx context.Context) error) {
	w.t.Helper()
	ctx, cancel := context.WithTimeout(w.t.Context(), patience)
	defer cancel()
	if err := rig.Eventually(ctx, check); err != nil {
		w.t.Fatalf("%s: %v", what, err)
	}
}
