package controller_test

import (
	"context"
	"encoding/json"
	"fmt"
	"path/filepath"
	"testing"
	"time"

	"tollgate.dev/tollgate/apis/tollgate/v1alpha1"
	"tollgate.dev/tollgate/hack/binaries"
	"tollgate.dev/tollgate/hack/cluster"
	"tollgate.dev/tollgate/hack/cluster/clustertest"
	"tollgate.dev/tollgate/metering/ledger"
)

const (
	// identity is the service account of manifests/controller.
	identity = "system:serviceaccount:tollgate-system:tollgate-controller"
	// startTimeout bounds the start of everything on a busy machine.
	startTimeout = 15 * time.Minute
	// patience bounds waits for what happens in the background: tries that fail come a minute apart, and who leads is seen late.
	patience = 5 * time.Minute
)

// rig is a control plane, two ledgers, and the means to run controllers.
type rig struct {
	*testing.T
	env        cluster.Env
	plane      *cluster.ControlPlane
	admin      *cluster.Kubectl
	redis      map[string]*cluster.Redis
	ledgers    map[string]*ledger.Ledger
	root       string
	binary     string
	kubeconfig string
	replicas   *replicas
}

func newRig(t *testing.T) *rig {
	t.Helper()
	r := &rig{T: t, env: clustertest.NewEnv(t), redis: map[string]*cluster.Redis{}, ledgers: map[string]*ledger.Ledger{}}
	ctx, cancel := context.WithTimeout(t.Context(), startTimeout)
	defer cancel()
	var err error
	if r.root, err = binaries.Root("."); err != nil {
		t.Fatal(err)
	}
	r.binary = filepath.Join(r.env.Dir, "tollgate")
	if err := binaries.BuildTollgate(ctx, r.root, r.binary); err != nil {
		t.Fatal(err)
	}
	if r.plane, err = cluster.StartControlPlane(ctx, r.env, cluster.ControlPlaneOptions{}); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"default", "second"} {
		// Without a file: one that is killed comes back empty.
		if r.redis[name], err = cluster.StartRedis(ctx, r.env, cluster.RedisOptions{Name: "redis-" + name}); err != nil {
			t.Fatal(err)
		}
		client := r.redis[name].Client()
		t.Cleanup(func() { _ = client.Close() }) // nothing is written through it any more
		r.ledgers[name] = ledger.New(client, ledger.WithPatience(time.Minute))
	}
	r.replicas = newReplicas(t, r.env.Dir)
	if r.admin, err = r.plane.Kubectl(cluster.Admin()); err != nil {
		t.Fatal(err)
	}
	if r.kubeconfig, err = r.plane.WriteKubeconfig(r.env.Dir, "controller.kubeconfig", cluster.User{Name: identity}); err != nil {
		t.Fatal(err)
	}
	r.kubectl("apply", "-k", r.manifests("crds"))
	if err := r.admin.AwaitTypes(ctx); err != nil {
		t.Fatal(err)
	}
	for _, args := range [][]string{
		{"apply", "-f", r.manifests("apiserver", "namespace.yaml")},
		{"apply", "-f", r.manifests("controller", "identity.yaml")},
	} {
		r.kubectl(args...)
	}
	return r
}

func (r *rig) manifests(path ...string) string {
	return filepath.Join(append([]string{r.root, "manifests"}, path...)...)
}

func (r *rig) kubectl(args ...string) string {
	r.Helper()
	out, _, err := r.admin.Run(r.Context(), args...)
	if err != nil {
		r.Fatal(err)
	}
	return out
}

func (r *rig) apply(manifest string) {
	r.Helper()
	if _, _, err := r.admin.RunInput(r.Context(), []byte(manifest), "apply", "-f", "-"); err != nil {
		r.Fatal(err)
	}
}

// object reads one object.
func (r *rig) object(into any, args ...string) {
	r.Helper()
	if err := json.Unmarshal([]byte(r.kubectl(append([]string{"get", "-o", "json"}, args...)...)), into); err != nil {
		r.Fatal(err)
	}
}

func (r *rig) project(namespace, name string) v1alpha1.Project {
	r.Helper()
	var p v1alpha1.Project
	r.object(&p, "project", name, "-n", namespace)
	return p
}

// eventually waits for what is sure to come.
func (r *rig) eventually(what string, check func() error) {
	r.Helper()
	deadline := time.Now().Add(patience)
	for {
		err := check()
		if err == nil {
			return
		}
		if time.Now().After(deadline) {
			r.Fatalf("never happened: %s: %v", what, err)
		}
		time.Sleep(50 * time.Millisecond)
	}
}

// limits returns the limits in force in dollars by path: "-" for a node that
// has terms and no limit, "" for one without terms of its own.
func (r *rig) limits(name string, paths ...ledger.Path) (map[string]string, error) {
	ctx, cancel := context.WithTimeout(r.Context(), 5*time.Second)
	defer cancel()
	views, err := r.ledgers[name].Nodes(ctx, paths[0].Organization(), paths)
	if err != nil {
		return nil, err
	}
	out := map[string]string{}
	for _, v := range views {
		switch {
		case v.Err != nil:
			return nil, v.Err
		case !v.Applied:
			out[string(v.Path)] = ""
		case v.Enforcement == ledger.None:
			out[string(v.Path)] = "-"
		default:
			out[string(v.Path)] = v.Limit.String()
		}
	}
	return out, nil
}

// inForce waits until the ledger has exactly these limits; see limits.
func (r *rig) inForce(what, name string, want map[string]string) {
	r.Helper()
	var paths []ledger.Path
	for p := range want {
		paths = append(paths, ledger.Path(p))
	}
	r.eventually(what, func() error {
		got, err := r.limits(name, paths...)
		if err != nil {
			return err
		}
		for p, limit := range want {
			if got[p] != limit {
				return fmt.Errorf("%s has limit %q, want %q; all: %v", p, got[p], limit, got)
			}
		}
		return nil
	})
}

func organization(name, ledger, limit, namespace string) string {
	return fmt.Sprintf(`
apiVersion: tollgate.dev/v1alpha1
kind: Organization
metadata: {name: %s}
spec:
  namespaces: [%s]
  ledger: {name: %s}
  budget: {limit: "%s"}
`, name, namespace, ledger, limit)
}

func project(namespace, organization, limit, groups string) string {
	return fmt.Sprintf(`
apiVersion: tollgate.dev/v1alpha1
kind: Project
metadata: {name: chat, namespace: %s}
spec:
  organization: %s
  budget: {limit: "%s"}
  groups: [%s]
`, namespace, organization, limit, groups)
}
