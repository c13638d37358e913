package cluster

import (
	"context"
	"fmt"
	"net/http"
	"time"

	"k8s.io/client-go/rest"

	"tollgate.dev/tollgate/hack/binaries"
	"tollgate.dev/tollgate/hack/supervise"
)

// apiServerGrace is how long kube-apiserver may take to end; requests in flight hold it up.
const apiServerGrace = 5 * time.Second

// ControlPlaneOptions configure StartControlPlane.
type ControlPlaneOptions struct {
	// ControllerManager also runs kube-controller-manager with the controllers that meet an aggregated API: the namespace deleter,
	// garbage collection, quota, service accounts, aggregated cluster roles.
	ControllerManager bool
	// APIServerArgs are further flags of kube-apiserver.
	APIServerArgs []string
}

// ControlPlane is a running kube-apiserver with its etcd, with RBAC and the aggregation layer on. A Service of type ExternalName
// "localhost" lets an APIService reach a server on loopback.
type ControlPlane struct {
	Etcd              *Etcd
	APIServer         *supervise.Process
	ControllerManager *supervise.Process // nil unless asked for
	// URL is kube-apiserver's address, https.
	URL string
	// CA signed kube-apiserver's certificate and signs users; see Config.
	CA *CA

	kubectl string
	dir     string
}

// StartControlPlane starts etcd, kube-apiserver and, if asked, kube-controller-manager, and waits until they are ready.
func StartControlPlane(ctx context.Context, env Env, opts ControlPlaneOptions) (*ControlPlane, error) {
	kubectl, err := env.Binaries.Find(ctx, binaries.Kubectl)
	if err != nil {
		return nil, err
	}
	dir, err := env.folder("kube-apiserver")
	if err != nil {
		return nil, err
	}
	files, ca, err := writeIdentity(dir)
	if err != nil {
		return nil, err
	}
	etcd, err := StartEtcd(ctx, env)
	if err != nil {
		return nil, err
	}
	ports, err := FreePorts(1)
	if err != nil {
		return nil, err
	}
	c := &ControlPlane{Etcd: etcd, URL: "https://" + Loopback(ports[0]), CA: ca, kubectl: kubectl, dir: dir}
	ready, err := c.readiness()
	if err != nil {
		return nil, err
	}
	c.APIServer, err = env.start(ctx, binaries.KubeAPIServer, supervise.Spec{
		Name: "kube-apiserver", Args: append(apiServerArgs(files, etcd.URL, ports[0]), opts.APIServerArgs...), Ready: ready, Grace: apiServerGrace,
	})
	if err != nil {
		return nil, fmt.Errorf("starting kube-apiserver: %w", err)
	}
	if opts.ControllerManager {
		if err := c.startControllerManager(ctx, env, files); err != nil {
			return nil, err
		}
	}
	return c, nil
}

func apiServerArgs(f identityFiles, etcd string, port int) []string {
	return []string{
		"--etcd-servers=" + etcd,
		"--bind-address=127.0.0.1", "--advertise-address=127.0.0.1", fmt.Sprintf("--secure-port=%d", port),
		"--endpoint-reconciler-type=none", // an EndpointSlice refuses loopback addresses
		"--service-cluster-ip-range=10.96.0.0/16",
		"--authorization-mode=RBAC",
		"--client-ca-file=" + f.ca, "--tls-cert-file=" + f.serverCrt, "--tls-private-key-file=" + f.serverKey, "--cert-dir=" + f.dir,
		"--service-account-issuer=https://kubernetes.default.svc",
		"--service-account-key-file=" + f.accountPub, "--service-account-signing-key-file=" + f.accountKey,
		"--requestheader-client-ca-file=" + f.proxyCA, "--requestheader-allowed-names=" + frontProxyUser,
		"--requestheader-username-headers=X-Remote-User", "--requestheader-group-headers=X-Remote-Group",
		"--requestheader-extra-headers-prefix=X-Remote-Extra-",
		"--proxy-client-cert-file=" + f.proxyCrt, "--proxy-client-key-file=" + f.proxyKey,
		"--profiling=false",
	}
}

func (c *ControlPlane) startControllerManager(ctx context.Context, env Env, f identityFiles) error {
	ports, err := FreePorts(1)
	if err != nil {
		return err
	}
	kubeconfig, err := c.WriteKubeconfig(c.dir, "controller-manager.kubeconfig", User{Context: "controller-manager", Name: "system:kube-controller-manager"})
	if err != nil {
		return err
	}
	address := Loopback(ports[0])
	client, err := rest.HTTPClientFor(&rest.Config{TLSClientConfig: rest.TLSClientConfig{CAData: c.CA.PEM()}})
	if err != nil {
		return fmt.Errorf("reaching kube-controller-manager: %w", err)
	}
	c.ControllerManager, err = env.start(ctx, binaries.KubeControllerManager, supervise.Spec{
		Name: "kube-controller-manager",
		Args: []string{
			"--kubeconfig=" + kubeconfig, "--authentication-kubeconfig=" + kubeconfig, "--authorization-kubeconfig=" + kubeconfig,
			"--bind-address=127.0.0.1", fmt.Sprintf("--secure-port=%d", ports[0]),
			"--tls-cert-file=" + f.serverCrt, "--tls-private-key-file=" + f.serverKey, "--cert-dir=" + f.dir,
			"--leader-elect=false", "--use-service-account-credentials=true",
			"--root-ca-file=" + f.ca, "--service-account-private-key-file=" + f.accountKey,
			"--controllers=namespace-controller,garbage-collector-controller,resourcequota-controller,serviceaccount-controller," +
				"root-ca-certificate-publisher-controller,clusterrole-aggregation-controller",
		},
		Ready: AnswersOK(client, "https://"+address+"/healthz"),
	})
	if err != nil {
		return fmt.Errorf("starting kube-controller-manager: %w", err)
	}
	return nil
}

// readiness asks readyz as an administrator, on a new connection each time.
func (c *ControlPlane) readiness() (func(context.Context) error, error) {
	admin, err := c.Config(Admin())
	if err != nil {
		return nil, err
	}
	tls, err := rest.TLSConfigFor(admin)
	if err != nil {
		return nil, fmt.Errorf("reaching kube-apiserver: %w", err)
	}
	client := &http.Client{Transport: &http.Transport{TLSClientConfig: tls, DisableKeepAlives: true}}
	return AnswersOK(client, c.URL+"/readyz"), nil
}
