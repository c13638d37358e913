package certmanager_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"tollgate.dev/tollgate/hack/binaries"
	"tollgate.dev/tollgate/hack/cluster"
	"tollgate.dev/tollgate/hack/cluster/clustertest"
	"tollgate.dev/tollgate/hack/supervise"
	"tollgate.dev/tollgate/test/webhook/rig"
)

const (
	namespace = "tollgate-system"
	// startTimeout bounds the start of any one program, and its build, on a busy machine.
	startTimeout = 15 * time.Minute
	// patience bounds waits for what cert-manager, kube-apiserver or a program does by itself.
	patience = 10 * time.Minute
)

// world is a kube-apiserver with cert-manager, and the program from this tree.
type world struct {
	t            *testing.T
	env          cluster.Env
	plane        *cluster.ControlPlane
	admin        *cluster.Kubectl
	root, binary string
}

func newWorld(t *testing.T) *world {
	t.Helper()
	w := &world{t: t, env: clustertest.NewEnv(t)}
	ctx, cancel := context.WithTimeout(t.Context(), startTimeout)
	defer cancel()
	var err error
	if w.root, err = binaries.Root("."); err != nil {
		t.Fatal(err)
	}
	w.binary = filepath.Join(w.env.Dir, "tollgate")
	if err := binaries.BuildTollgate(ctx, w.root, w.binary); err != nil {
		t.Fatal(err)
	}
	if w.plane, err = cluster.StartControlPlane(ctx, w.env, cluster.ControlPlaneOptions{}); err != nil {
		t.Fatal(err)
	}
	if w.admin, err = w.plane.Kubectl(cluster.Admin()); err != nil {
		t.Fatal(err)
	}
	manager, err := cluster.StartCertManager(ctx, w.env, w.plane)
	if err != nil {
		t.Fatal(err)
	}
	w.logged(manager.Process)
	return w
}

// logged shows the end of a process's log if the test fails.
func (w *world) logged(p *supervise.Process) {
	w.t.Cleanup(func() {
		if !w.t.Failed() {
			return
		}
		raw, err := os.ReadFile(p.LogFile())
		w.t.Logf("the end of %s (%v):\n%s", p.Name(), err, raw[max(0, len(raw)-6000):])
	})
}

func (w *world) manifest(path string) string { return filepath.Join(w.root, "manifests", path) }

// run runs kubectl as an administrator, which must succeed.
func (w *world) run(args ...string) string {
	w.t.Helper()
	out, _, err := w.admin.Run(w.t.Context(), args...)
	if err != nil {
		w.t.Fatal(err)
	}
	return out
}

// refusal writes an object, which is to be refused, and returns how; "" if it passes.
func (w *world) refusal(ctx context.Context, object string) string {
	if _, _, err := w.admin.RunInput(ctx, []byte(object), "apply", "--dry-run=server", "--validate=strict", "-f", "-"); err != nil {
		return err.Error()
	}
	return ""
}

// eventually waits until check returns nil.
func (w *world) eventually(what string, check func(ctx context.Context) error) {
	w.t.Helper()
	ctx, cancel := context.WithTimeout(w.t.Context(), patience)
	defer cancel()
	var last error // what the end of the patience cuts off says nothing
	if err := rig.Eventually(ctx, func(ctx context.Context) error {
		err := check(ctx)
		if ctx.Err() == nil {
			last = err
		}
		return err
	}); err != nil {
		w.t.Fatalf("%s: %v; before: %v", what, err, last)
	}
}

// startProgram runs tollgate as a service account of tollgate-system until the test ends, and waits for ready.
func (w *world) startProgram(name string, args []string, ready func(context.Context) error) {
	w.t.Helper()
	kubeconfig, err := w.plane.WriteKubeconfig(w.env.Dir, name+".kubeconfig", cluster.User{Name: "system:serviceaccount:" + namespace + ":" + name})
	if err != nil {
		w.t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(w.t.Context(), startTimeout)
	defer cancel()
	process, err := w.env.Group.Start(ctx, supervise.Spec{
		Name: name, Path: w.binary, Dir: w.env.Dir, LogFile: filepath.Join(w.env.Dir, name+".log"), Grace: 30 * time.Second,
		Args: append(args, "--kubeconfig="+kubeconfig, "--bind-address=127.0.0.1"), Ready: ready,
	})
	if err != nil {
		log, _ := os.ReadFile(filepath.Join(w.env.Dir, name+".log")) // the error is what counts
		w.t.Fatal(fmt.Errorf("%w\n%s", err, log[max(0, len(log)-6000):]))
	}
	w.logged(process)
}
