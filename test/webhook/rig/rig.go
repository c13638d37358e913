package rig

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"tollgate.dev/tollgate/hack/balance"
	"tollgate.dev/tollgate/hack/binaries"
	"tollgate.dev/tollgate/hack/cluster"
	"tollgate.dev/tollgate/hack/supervise"
)

// Identity is who the webhook is to kube-apiserver: the service account that
// manifests/webhook gives rights to.
const Identity = "system:serviceaccount:tollgate-system:tollgate-webhook"

// ServiceName is the DNS name by which kube-apiserver calls.
const ServiceName = "tollgate-webhook.tollgate-system.svc"

// Options configure a rig.
type Options struct {
	// Replicas is how many webhooks run; 1 for 0.
	Replicas int
	// Args are further flags of tollgate webhook.
	Args []string
	// Settings of admission, YAML; the defaults without.
	Settings []byte
	// TLSDir has replicas serve a mounted certificate instead of their own; see WriteCertificate.
	TLSDir bool
	// GatewayAPILater leaves the Gateway API's CRDs to the test.
	GatewayAPILater bool
	// NoBackstop leaves the ValidatingAdmissionPolicy out, which is asked before
	// the webhook and has a message of its own.
	NoBackstop bool
	// APIServerArgs are further flags of kube-apiserver.
	APIServerArgs []string
}

// Rig is a running webhook with everything around it.
type Rig struct {
	Env   cluster.Env
	Plane *cluster.ControlPlane
	// Admin is kubectl as an administrator.
	Admin    *cluster.Kubectl
	Replicas []*Replica
	Balancer *balance.Balancer
	// CA signs mounted certificates.
	CA *cluster.CA

	root, binary, kubeconfig string
	port                     int // the balancer's
	opts                     Options
}

// Replica is one webhook.
type Replica struct {
	*supervise.Process
	// Address serves reviews by HTTPS; Health and Metrics by HTTP.
	Address, Health, Metrics string
	// Decisions is the file of its decision log.
	Decisions string
}

// New starts everything in env, whose group ends the processes. The caller calls Close.
func New(ctx context.Context, env cluster.Env, opts Options) (*Rig, error) {
	r := &Rig{Env: env, opts: opts}
	if err := r.start(ctx); err != nil {
		r.Close()
		return nil, err
	}
	return r, nil
}

// Close ends the balancer.
func (r *Rig) Close() {
	if r.Balancer != nil {
		r.Balancer.Close()
	}
}

func (r *Rig) start(ctx context.Context) (err error) {
	if r.root, err = binaries.Root("."); err != nil {
		return err
	}
	if err := r.build(ctx); err != nil {
		return err
	}
	if r.Plane, err = cluster.StartControlPlane(ctx, r.Env, cluster.ControlPlaneOptions{ControllerManager: true, APIServerArgs: r.opts.APIServerArgs}); err != nil {
		return err
	}
	if r.Admin, err = r.Plane.Kubectl(cluster.Admin()); err != nil {
		return err
	}
	if r.kubeconfig, err = r.Plane.WriteKubeconfig(r.Env.Dir, "webhook.kubeconfig", cluster.User{Name: Identity}); err != nil {
		return err
	}
	ports, err := cluster.FreePorts(1)
	if err != nil {
		return err
	}
	r.port = ports[0]
	if r.Balancer, err = balance.New(cluster.Loopback(r.port)); err != nil {
		return err
	}
	if r.CA, err = cluster.NewCA("tollgate-test"); err != nil {
		return err
	}
	if r.opts.TLSDir {
		if err := r.WriteCertificate(); err != nil {
			return err
		}
	}
	if err := r.WriteSettings(r.opts.Settings); err != nil {
		return err
	}
	if err := r.install(ctx); err != nil {
		return err
	}
	for range max(r.opts.Replicas, 1) {
		if _, err := r.StartReplica(ctx); err != nil {
			return err
		}
	}
	return r.Register(ctx)
}

func (r *Rig) build(ctx context.Context) error {
	r.binary = filepath.Join(r.Env.Dir, "tollgate")
	return binaries.BuildTollgate(ctx, r.root, r.binary)
}

// Tollgate runs the program and returns what it prints.
func (r *Rig) Tollgate(ctx context.Context, args ...string) (string, error) {
	out, err := exec.CommandContext(ctx, r.binary, args...).Output()
	var exit *exec.ExitError
	if errors.As(err, &exit) {
		return "", fmt.Errorf("tollgate %s: %w: %s", strings.Join(args, " "), err, exit.Stderr)
	}
	return string(out), err
}

// StartReplica starts one more webhook and waits until it is ready.
func (r *Rig) StartReplica(ctx context.Context) (*Replica, error) {
	one, err := r.startReplica(ctx, true)
	return one, err
}

// StartReplicaUnready starts one more webhook and does not wait for anything.
func (r *Rig) StartReplicaUnready(ctx context.Context) (*Replica, error) {
	return r.startReplica(ctx, false)
}

func (r *Rig) startReplica(ctx context.Context, wait bool) (*Replica, error) {
	ports, err := cluster.FreePorts(3)
	if err != nil {
		return nil, err
	}
	name := fmt.Sprintf("webhook-%d", len(r.Replicas))
	one := &Replica{
		Address: cluster.Loopback(ports[0]), Metrics: cluster.Loopback(ports[1]), Health: cluster.Loopback(ports[2]),
		Decisions: filepath.Join(r.Env.Dir, name+"-decisions.json"),
	}
	args := []string{
		"webhook", "--kubeconfig=" + r.kubeconfig, "--bind-address=127.0.0.1", fmt.Sprintf("--secure-port=%d", ports[0]),
		"--metrics-insecure", "--metrics-bind-address=" + one.Metrics, "--health-probe-bind-address=" + one.Health,
		"--settings=" + r.settingsFile(), "--decision-log=" + one.Decisions, "--shutdown-delay-duration=3s",
		// A busy machine is not what is tested.
		"--policy-patience=60", "--review-timeout=30s",
	}
	if r.opts.TLSDir {
		args = append(args, "--tls-dir="+r.tlsDir())
	} else {
		args = append(args, "--certificate-secret=tollgate-system/tollgate-webhook-certificates")
	}
	spec := supervise.Spec{
		Name: name, Path: r.binary, Dir: r.Env.Dir, LogFile: filepath.Join(r.Env.Dir, name+".log"),
		Args: append(args, r.opts.Args...), Grace: 30 * time.Second,
	}
	if wait {
		spec.Ready = func(ctx context.Context) error { return Ready(ctx, one.Health) }
	}
	if one.Process, err = r.Env.Group.Start(ctx, spec); err != nil {
		return nil, err
	}
	r.Replicas = append(r.Replicas, one)
	r.Balancer.Add(name, one.Address, one.Health)
	return one, nil
}

func (r *Rig) settingsFile() string { return filepath.Join(r.Env.Dir, "settings.yaml") }
func (r *Rig) tlsDir() string       { return filepath.Join(r.Env.Dir, "tls") }

// WriteSettings replaces the file of settings at once, as a kubelet does.
func (r *Rig) WriteSettings(settings []byte) error {
	return replace(r.settingsFile(), settings)
}

// WriteCertificate replaces the mounted certificate.
func (r *Rig) WriteCertificate() error {
	if err := os.MkdirAll(r.tlsDir(), 0o700); err != nil {
		return fmt.Errorf("making the folder of the certificate: %w", err)
	}
	pair, err := r.CA.Server(ServiceName)
	if err != nil {
		return err
	}
	for name, data := range map[string][]byte{"tls.crt": pair.Certificate, "tls.key": pair.Key, "ca.crt": r.CA.PEM()} {
		if err := replace(filepath.Join(r.tlsDir(), name), data); err != nil {
			return err
		}
	}
	return nil
}

func replace(path string, data []byte) error {
	if err := os.WriteFile(path+".new", data, 0o600); err != nil {
		return fmt.Errorf("writing %s: %w", path, err)
	}
	return os.Rename(path+".new", path)
}
