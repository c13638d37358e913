package main

import (
	"context"
	"fmt"
	"net/http"
	"path/filepath"

	"tollgate.dev/tollgate/hack/binaries"
	"tollgate.dev/tollgate/hack/cluster"
	"tollgate.dev/tollgate/hack/supervise"
)

// controllerIdentity is the service account that manifests/controller gives its rights to.
const controllerIdentity = "system:serviceaccount:tollgate-system:tollgate-controller"

// startController starts tollgate controller, one replica, as the service account that it has in a cluster.
func (d *demo) startController(ctx context.Context) error {
	path, err := d.env.Binaries.Find(ctx, binaries.Tollgate)
	if err != nil {
		return err
	}
	ports, err := cluster.FreePorts(2)
	if err != nil {
		return err
	}
	metrics, health := cluster.Loopback(ports[0]), cluster.Loopback(ports[1])
	dir := d.home.run()
	kubeconfig, err := d.plane.WriteKubeconfig(dir, "tollgate-controller.kubeconfig", cluster.User{
		Name: controllerIdentity, Groups: []string{"system:serviceaccounts", "system:serviceaccounts:tollgate-system"},
	})
	if err != nil {
		return err
	}
	d.controller, err = d.env.Group.Start(ctx, supervise.Spec{
		Name: "tollgate-controller", Path: path, Dir: dir, LogFile: filepath.Join(dir, "tollgate-controller.log"),
		Restart: true, Ready: cluster.AnswersOK(http.DefaultClient, "http://"+health+"/readyz"),
		Args: []string{
			"controller", "--kubeconfig=" + kubeconfig, "--ledger=default=redis://" + d.redis,
			"--metrics-bind-address=" + metrics, "--metrics-insecure", "--health-probe-bind-address=" + health,
		},
	})
	if err != nil {
		return err
	}
	d.board.address("tollgate-controller", fmt.Sprintf("http://%s/metrics", metrics))
	return nil
}
