package main

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"time"

	"github.com/redis/go-redis/v9"
	"golang.org/x/sync/errgroup"
	"k8s.io/client-go/rest"

	"tollgate.dev/tollgate/hack/binaries"
	"tollgate.dev/tollgate/hack/cluster"
	"tollgate.dev/tollgate/hack/supervise"
)

// identity is the service account that manifests/apiserver gives its rights to.
const identity = "system:serviceaccount:tollgate-system:tollgate-apiserver"

// serverGrace lets requests drain.
const serverGrace = 15 * time.Second

// demo is everything that runs.
type demo struct {
	home  home
	env   cluster.Env
	board *board

	plane *cluster.ControlPlane
	admin *cluster.Kubectl
	redis string // host and port
	mimir *cluster.Mimir
	agent *cluster.PrometheusAgent
	// ca signed the certificates of tollgate apiserver, which listens on port, and of the webhook.
	ca   *cluster.CA
	port int
	// server is its process, serverBuilt when the program that it runs was built.
	server      *supervise.Process
	serverBuilt time.Time
	// controller and admission run the same program.
	controller *supervise.Process
	admission  admission
	// gateway is where the traffic generator exposes the gateway's metrics.
	gateway string
}

// startBackends starts what tollgate needs, three things at a time.
func (d *demo) startBackends(ctx context.Context) error {
	g, ctx := errgroup.WithContext(ctx)
	g.Go(func() error { return d.board.do("Redis", func() error { return d.startRedis(ctx) }) })
	g.Go(func() error {
		if err := d.board.do("Mimir", func() error { return d.startMimir(ctx) }); err != nil {
			return err
		}
		return d.board.do("Prometheus agent", func() error { return d.startAgent(ctx) })
	})
	g.Go(func() error {
		return d.board.do("etcd, kube-apiserver, kube-controller-manager", func() error { return d.startPlane(ctx) })
	})
	return g.Wait()
}

func (d *demo) startRedis(ctx context.Context) error {
	r, err := cluster.StartRedis(ctx, d.env, cluster.RedisOptions{Append: cluster.AppendFsyncEverySec})
	var missing *binaries.MissingError
	if errors.As(err, &missing) {
		return d.startMiniredis(ctx)
	}
	if err != nil {
		return err
	}
	d.redis = r.Addr
	d.board.address("redis", r.Addr)
	return nil
}

func (d *demo) startMiniredis(ctx context.Context) error {
	ports, err := cluster.FreePorts(1)
	if err != nil {
		return err
	}
	d.redis = cluster.Loopback(ports[0])
	_, err = d.env.Group.Start(ctx, supervise.Spec{
		Name: "redis", Path: d.home.program(), Args: []string{miniredisCommand, d.redis},
		LogFile: d.home.path("run", "miniredis.log"), Restart: true,
		Ready: func(ctx context.Context) error {
			c := redis.NewClient(&redis.Options{Addr: d.redis})
			defer c.Close()
			return c.Ping(ctx).Err()
		},
	})
	if err != nil {
		return err
	}
	d.board.note(standIn)
	d.board.address("redis", d.redis)
	return nil
}

func (d *demo) startMimir(ctx context.Context) (err error) {
	if d.mimir, err = cluster.StartMimir(ctx, d.env, cluster.MimirOptions{}); err != nil {
		return err
	}
	d.board.address("mimir", d.mimir.PrometheusURL)
	return nil
}

// startAgent starts the agent with nowhere to write: the tenants are known once the organizations are.
func (d *demo) startAgent(ctx context.Context) error {
	config, err := agentConfig(d.mimir.PushURL, nil, nil)
	if err != nil {
		return err
	}
	if d.agent, err = cluster.StartPrometheusAgent(ctx, d.env, config); err != nil {
		return err
	}
	d.board.address("prometheus-agent", d.agent.URL)
	return nil
}

func (d *demo) startPlane(ctx context.Context) (err error) {
	if d.plane, err = cluster.StartControlPlane(ctx, d.env, cluster.ControlPlaneOptions{ControllerManager: true}); err != nil {
		return err
	}
	if d.admin, err = d.plane.Kubectl(cluster.Admin()); err != nil {
		return err
	}
	d.board.address("kube-apiserver", d.plane.URL)
	if d.ca, err = cluster.NewCA("tollgate-demo"); err != nil {
		return err
	}
	_, err = d.plane.WriteKubeconfig(d.home.dir, "kubeconfig", users()...)
	return err
}

// users are the contexts of the demo's kubeconfig: an administrator, a developer whom manifests/examples let see one namespace, and
// a member of acme whom rights.yaml lets write gateway objects anywhere.
func users() []cluster.User {
	admin := cluster.Admin()
	admin.Context = "admin"
	return []cluster.User{
		admin,
		{Name: "dev@acme.example", Groups: []string{"acme"}, Context: "acme-dev", Namespace: "acme-chat"},
		{Name: "alice@acme.example", Groups: []string{"acme"}, Context: "acme-member", Namespace: "acme-chat"},
	}
}

// startServer starts tollgate apiserver as the service account that it has in a cluster.
func (d *demo) startServer(ctx context.Context) error {
	path, err := d.env.Binaries.Find(ctx, binaries.Tollgate)
	if err != nil {
		return err
	}
	if d.serverBuilt, err = modified(path); err != nil {
		return fmt.Errorf("looking at %s: %w", path, err)
	}
	ports, err := cluster.FreePorts(1)
	if err != nil {
		return err
	}
	d.port = ports[0]
	dir := d.home.run()
	pair, err := d.ca.Server("tollgate-apiserver.tollgate-system.svc", "localhost", "127.0.0.1")
	if err != nil {
		return err
	}
	crt, key, err := pair.Write(dir, "tollgate-apiserver")
	if err != nil {
		return err
	}
	kubeconfig, err := d.plane.WriteKubeconfig(dir, "tollgate-apiserver.kubeconfig", cluster.User{
		Name: identity, Groups: []string{"system:serviceaccounts", "system:serviceaccounts:tollgate-system"},
	})
	if err != nil {
		return err
	}
	url := "https://" + cluster.Loopback(d.port)
	ready, err := d.serverReady(url + "/readyz")
	if err != nil {
		return err
	}
	d.server, err = d.env.Group.Start(ctx, supervise.Spec{
		Name: "tollgate-apiserver", Path: path, Dir: dir, LogFile: filepath.Join(dir, "tollgate-apiserver.log"),
		Restart: true, Ready: ready, Grace: serverGrace,
		Args: []string{
			"apiserver", "--kubeconfig=" + kubeconfig,
			"--bind-address=127.0.0.1", fmt.Sprintf("--secure-port=%d", d.port),
			"--tls-cert-file=" + crt, "--tls-private-key-file=" + key,
			"--ledger=default=redis://" + d.redis, "--mimir-url=" + d.mimir.PrometheusURL, "--settings=" + d.home.settings(),
			"--shutdown-delay-duration=0s", // there is one replica and no endpoint to update
		},
	})
	if err != nil {
		return err
	}
	d.board.address("tollgate-apiserver", url)
	return nil
}

// serverReady asks the server's readyz, which needs no credentials.
func (d *demo) serverReady(url string) (func(context.Context) error, error) {
	client, err := rest.HTTPClientFor(&rest.Config{TLSClientConfig: rest.TLSClientConfig{CAData: d.ca.PEM()}})
	if err != nil {
		return nil, fmt.Errorf("reaching tollgate apiserver: %w", err)
	}
	return cluster.AnswersOK(client, url), nil
}
