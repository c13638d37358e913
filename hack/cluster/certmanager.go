package cluster

import (
	"context"
	"fmt"
	"path/filepath"

	"tollgate.dev/tollgate/hack/binaries"
	"tollgate.dev/tollgate/hack/supervise"
)

// CertManager is a running cert-manager (see hack/certmanager): the controllers for self-signed and CA Issuers and the injector of
// authorities. Its own webhook does not run.
type CertManager struct{ *supervise.Process }

// StartCertManager applies cert-manager's CustomResourceDefinitions, from its module, waits until they are served, and starts
// cert-manager as an administrator.
func StartCertManager(ctx context.Context, env Env, plane *ControlPlane) (*CertManager, error) {
	root, err := binaries.Root(".")
	if err != nil {
		return nil, err
	}
	module, err := binaries.ModuleFolder(ctx, filepath.Join(root, "hack", "certmanager"), "github.com/cert-manager/cert-manager")
	if err != nil {
		return nil, err
	}
	admin, err := plane.Kubectl(Admin())
	if err != nil {
		return nil, err
	}
	// Server-side: some are too large for the annotation of client-side apply.
	if _, _, err := admin.Run(ctx, "apply", "--server-side", "-f", filepath.Join(module, "deploy", "crds")); err != nil {
		return nil, fmt.Errorf("applying cert-manager's definitions: %w", err)
	}
	if err := admin.AwaitTypes(ctx); err != nil {
		return nil, err
	}
	dir, err := env.folder("certmanager")
	if err != nil {
		return nil, err
	}
	kubeconfig, err := plane.WriteKubeconfig(dir, "kubeconfig", User{Name: "certmanager", Groups: Admin().Groups})
	if err != nil {
		return nil, err
	}
	ports, err := FreePorts(1)
	if err != nil {
		return nil, err
	}
	address := Loopback(ports[0])
	process, err := env.start(ctx, binaries.CertManager, supervise.Spec{
		Name: "certmanager", Args: []string{"--kubeconfig=" + kubeconfig, "--health=" + address},
		Ready: AnswersOK(plainClient(), "http://"+address+"/readyz"),
	})
	if err != nil {
		return nil, fmt.Errorf("starting cert-manager: %w", err)
	}
	return &CertManager{Process: process}, nil
}
