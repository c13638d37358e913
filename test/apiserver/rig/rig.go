package rig

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/redis/go-redis/v9"
	"sigs.k8s.io/yaml"

	"tollgate.dev/tollgate/hack/binaries"
	"tollgate.dev/tollgate/hack/cluster"
	"tollgate.dev/tollgate/hack/supervise"
	"tollgate.dev/tollgate/metering/ledger"
)

// Identity is who the server is to kube-apiserver: the service account that
// manifests/apiserver gives rights to.
const Identity = "system:serviceaccount:tollgate-system:tollgate-apiserver"

// Options configure a rig.
type Options struct {
	// ControllerManager also runs kube-controller-manager.
	ControllerManager bool
	// Args are further flags of tollgate apiserver.
	Args []string
	// Env is further environment of tollgate apiserver.
	Env []string
	// Objects are further manifests to apply, as YAML.
	Objects []byte
	// Mimir also runs Mimir, from which usage is served.
	Mimir bool
	// Later leaves CRDs and examples to the test, which calls Install.
	Later bool
}

// Rig is a running server with everything around it.
type Rig struct {
	Env    cluster.Env
	Plane  *cluster.ControlPlane
	Redis  *cluster.Redis
	Mimir  *cluster.Mimir // nil unless asked for
	Server *supervise.Process
	// URL is the server's own address, https, trusted by CA.
	URL string
	CA  *cluster.CA
	// Ledger writes to the same Redis.
	Ledger *ledger.Ledger
	Client *redis.Client
	// Admin is kubectl as an administrator.
	Admin *cluster.Kubectl

	root string
	port int
	opts Options
}

// New starts everything in env, whose group ends it. The caller calls Close.
func New(ctx context.Context, env cluster.Env, opts Options) (*Rig, error) {
	r := &Rig{Env: env, opts: opts}
	if err := r.start(ctx); err != nil {
		r.Close()
		return nil, err
	}
	return r, nil
}

// Close closes the connections to Redis.
func (r *Rig) Close() {
	if r.Client != nil {
		_ = r.Client.Close() // nothing is written through them any more
	}
}

func (r *Rig) start(ctx context.Context) (err error) {
	if r.root, err = binaries.Root("."); err != nil {
		return err
	}
	if r.Plane, err = cluster.StartControlPlane(ctx, r.Env, cluster.ControlPlaneOptions{ControllerManager: r.opts.ControllerManager}); err != nil {
		return err
	}
	if r.Redis, err = cluster.StartRedis(ctx, r.Env, cluster.RedisOptions{Append: cluster.AppendFsyncAlways}); err != nil {
		return err
	}
	if r.opts.Mimir {
		if r.Mimir, err = cluster.StartMimir(ctx, r.Env, cluster.MimirOptions{}); err != nil {
			return err
		}
		r.opts.Args = append(r.opts.Args, "--mimir-url="+r.Mimir.PrometheusURL)
	}
	r.Client = r.Redis.Client()
	r.Ledger = ledger.New(r.Client, ledger.WithPatience(3*time.Minute))
	if r.Admin, err = r.Plane.Kubectl(cluster.Admin()); err != nil {
		return err
	}
	if err := r.installIdentity(ctx); err != nil {
		return err
	}
	if r.opts.Later {
		return r.startServer(ctx, nil)
	}
	if err := r.installObjects(ctx); err != nil {
		return err
	}
	if err := r.startServer(ctx, r.Ready); err != nil {
		return err
	}
	return r.installAPIServices(ctx)
}

// Install applies what Options.Later left out, and waits until the API is served.
func (r *Rig) Install(ctx context.Context) error {
	if err := r.installObjects(ctx); err != nil {
		return err
	}
	if err := r.WaitReady(ctx); err != nil {
		return err
	}
	return r.installAPIServices(ctx)
}

// startServer builds and starts tollgate apiserver.
func (r *Rig) startServer(ctx context.Context, ready func(context.Context) error) error {
	binary := filepath.Join(r.Env.Dir, "tollgate")
	if err := binaries.BuildTollgate(ctx, r.root, binary); err != nil {
		return err
	}
	ports, err := cluster.FreePorts(1)
	if err != nil {
		return err
	}
	r.port, r.URL = ports[0], "https://"+cluster.Loopback(ports[0])
	if r.CA, err = cluster.NewCA("tollgate-test"); err != nil {
		return err
	}
	if err := r.WriteCertificate(); err != nil {
		return err
	}
	if err := r.writeAuditPolicy(); err != nil {
		return err
	}
	kubeconfig, err := r.Plane.WriteKubeconfig(r.Env.Dir, "tollgate.kubeconfig", cluster.User{Name: Identity})
	if err != nil {
		return err
	}
	r.Server, err = r.Env.Group.Start(ctx, supervise.Spec{
		Name: "tollgate-apiserver", Path: binary, Dir: r.Env.Dir, LogFile: filepath.Join(r.Env.Dir, "tollgate.log"),
		Env: r.opts.Env, Ready: ready, Grace: 30 * time.Second,
		Args: append([]string{
			"apiserver", "--kubeconfig=" + kubeconfig, "--bind-address=127.0.0.1", fmt.Sprintf("--secure-port=%d", r.port),
			"--tls-cert-file=" + filepath.Join(r.Env.Dir, "serving.crt"), "--tls-private-key-file=" + filepath.Join(r.Env.Dir, "serving.key"),
			"--ledger=default=redis://" + r.Redis.Addr, "--ledger=second=redis://" + r.Redis.Addr, "--shutdown-delay-duration=2s",
			// Whoever merely waits for a processor answers in this time. Args come later and win.
			"--ledger-timeout=50s", "--mimir-timeout=50s",
			"--audit-log-path=" + filepath.Join(r.Env.Dir, "audit.log"), "--audit-policy-file=" + filepath.Join(r.Env.Dir, "audit-policy.yaml"),
		}, r.opts.Args...),
	})
	return err
}

// WriteCertificate writes a fresh serving certificate to the server's files.
func (r *Rig) WriteCertificate() error {
	pair, err := r.CA.Server("tollgate-apiserver.tollgate-system.svc", "localhost", "127.0.0.1")
	if err != nil {
		return err
	}
	_, _, err = pair.Write(r.Env.Dir, "serving")
	return err
}

// writeAuditPolicy takes the policy out of the manifest.
func (r *Rig) writeAuditPolicy() error {
	raw, err := os.ReadFile(r.Manifest("apiserver/deployment.yaml"))
	if err != nil {
		return fmt.Errorf("reading the audit policy: %w", err)
	}
	_, last, _ := strings.Cut(string(raw), "\nkind: ConfigMap\n")
	var config struct {
		Data map[string]string `json:"data"`
	}
	if err := yaml.Unmarshal([]byte(last), &config); err != nil || config.Data["policy.yaml"] == "" {
		return fmt.Errorf("the manifest holds no audit policy: %w", err)
	}
	return os.WriteFile(filepath.Join(r.Env.Dir, "audit-policy.yaml"), []byte(config.Data["policy.yaml"]), 0o600)
}

// AuditLog returns what the server has audited.
func (r *Rig) AuditLog() (string, error) {
	raw, err := os.ReadFile(filepath.Join(r.Env.Dir, "audit.log"))
	return string(raw), err
}

// HTTP returns a client that trusts the server, without credentials. Close its
// idle connections when done.
func (r *Rig) HTTP() *http.Client {
	pool := x509.NewCertPool()
	pool.AppendCertsFromPEM(r.CA.PEM())
	return &http.Client{
		Timeout:   time.Minute,
		Transport: &http.Transport{TLSClientConfig: &tls.Config{RootCAs: pool, MinVersion: tls.VersionTLS12}, ForceAttemptHTTP2: true, DisableKeepAlives: true},
	}
}

// Ready asks the server's readyz.
func (r *Rig) Ready(ctx context.Context) error {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, r.URL+"/readyz", nil)
	if err != nil {
		return err
	}
	resp, err := r.HTTP().Do(req)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		return fmt.Errorf("readyz: %s", resp.Status)
	}
	return nil
}

// WaitReady waits until readyz answers 200.
func (r *Rig) WaitReady(ctx context.Context) error { return Eventually(ctx, r.Ready) }

// Eventually tries until check returns nil, or returns its last error with ctx's.
func Eventually(ctx context.Context, check func(context.Context) error) error {
	for {
		err := check(ctx)
		if err == nil {
			return nil
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("%w: %w", ctx.Err(), err)
		case <-time.After(50 * time.Millisecond):
		}
	}
}
