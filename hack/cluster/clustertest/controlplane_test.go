package clustertest_test

import (
	"strings"
	"testing"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes"

	"tollgate.dev/tollgate/hack/cluster"
	"tollgate.dev/tollgate/hack/cluster/clustertest"
)

func TestControlPlane(t *testing.T) {
	t.Parallel()
	cp := clustertest.ControlPlaneWith(t, cluster.ControlPlaneOptions{ControllerManager: true})
	admin, err := cp.Kubectl(cluster.Admin())
	if err != nil {
		t.Fatal(err)
	}
	run := func(args ...string) string {
		t.Helper()
		out, _, err := admin.Run(t.Context(), args...)
		if err != nil {
			t.Fatal(err)
		}
		return out
	}

	if got := run("version"); !strings.Contains(got, "Server Version: v1.3") {
		t.Errorf("kubectl version: %s", got)
	}
	// The controllers run: a namespace gets its service account, and a deleted one goes.
	run("create", "namespace", "acme-chat")
	run("wait", "--for=create", "serviceaccount/default", "-n", "acme-chat", "--timeout=240s")
	run("delete", "namespace", "acme-chat", "--timeout=240s")

	// RBAC decides for users of their own.
	alice, err := cp.Config(cluster.User{Name: "alice", Groups: []string{"engineers"}})
	if err != nil {
		t.Fatal(err)
	}
	client, err := kubernetes.NewForConfig(alice)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := client.CoreV1().Secrets("").List(t.Context(), metav1.ListOptions{}); !apierrors.IsForbidden(err) {
		t.Errorf("alice lists all secrets: %v, want forbidden", err)
	}
	run("create", "clusterrolebinding", "engineers-view", "--clusterrole=view", "--group=engineers")
	deadline := time.Now().Add(3 * time.Minute)
	for {
		_, err := client.CoreV1().ConfigMaps("").List(t.Context(), metav1.ListOptions{})
		if err == nil {
			break
		}
		if time.Now().After(deadline) {
			t.Fatalf("alice, bound to view, lists config maps: %v", err)
		}
		time.Sleep(50 * time.Millisecond)
	}

	// What a killed API server and a killed etcd stored is there when they come back on their ports.
	for _, p := range []interface{ Kill() error }{cp.APIServer, cp.Etcd} {
		if err := p.Kill(); err != nil {
			t.Fatal(err)
		}
	}
	if err := cp.Etcd.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := cp.APIServer.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	if got := run("get", "clusterrolebinding", "engineers-view", "-o", "name"); !strings.Contains(got, "engineers-view") {
		t.Errorf("after the kill: %q", got)
	}
}
