package main

import (
	"context"
	"fmt"
	"net/http"
	"os"
	"time"

	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/util/uuid"
	"k8s.io/apimachinery/pkg/util/wait"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/leaderelection/resourcelock"
	"k8s.io/klog/v2"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/healthz"
	ctrllog "sigs.k8s.io/controller-runtime/pkg/log"
	"sigs.k8s.io/controller-runtime/pkg/manager"
	ctrlmetrics "sigs.k8s.io/controller-runtime/pkg/metrics"

	"tollgate.dev/tollgate/apis/tollgate/v1alpha1"
	"tollgate.dev/tollgate/cmd/tollgate/internal/ledgers"
	"tollgate.dev/tollgate/cmd/tollgate/internal/metrics"
	"tollgate.dev/tollgate/cmd/tollgate/internal/objects"
	"tollgate.dev/tollgate/controller/limits"
	"tollgate.dev/tollgate/controller/resets"
	"tollgate.dev/tollgate/controller/status"
)

const (
	// leaseName is the Lease of the replica that works.
	leaseName = "tollgate-controller"
	// renewDeadline is the manager's default.
	renewDeadline = 10 * time.Second
	// statusQPS bounds writes of statuses when there are many at once.
	statusQPS, statusBurst = 50, 100
)

// controllerProcess is a running `tollgate controller`.
type controllerProcess struct {
	config  *rest.Config
	objects *objects.Objects
	ledgers *ledgers.Set
	metrics *metrics.Metrics
	counts  *metrics.Controller
	manager manager.Manager
}

// newControllerProcess wires the parts. It asks kube-apiserver for nothing yet.
func newControllerProcess(o *controllerOptions, configs []ledgers.Config) (*controllerProcess, error) {
	ctrllog.SetLogger(klog.Background())
	p := &controllerProcess{metrics: metrics.New(), counts: metrics.NewController(time.Now)}
	var err error
	if p.config, err = kubeConfig(o.kubeconfig); err != nil {
		return nil, err
	}
	if p.objects, err = objects.New(p.config); err != nil {
		return nil, err
	}
	if err := p.metrics.Register(metrics.NewObjects(p.objects)); err != nil {
		return nil, fmt.Errorf("registering metrics: %w", err)
	}
	if err := p.metrics.Register(p.counts); err != nil {
		return nil, fmt.Errorf("registering metrics: %w", err)
	}
	if err := ctrlmetrics.Registry.Register(p.metrics.Collector()); err != nil {
		return nil, fmt.Errorf("registering metrics: %w", err)
	}
	if p.manager, err = p.newManager(o); err != nil {
		return nil, err
	}
	p.ledgers = ledgers.Open(configs, p.metrics, ledgers.DefaultTimeout)
	if err := p.add(); err != nil {
		p.close()
		return nil, err
	}
	return p, nil
}

func (p *controllerProcess) newManager(o *controllerOptions) (manager.Manager, error) {
	host, err := os.Hostname()
	if err != nil {
		return nil, fmt.Errorf("naming this replica: %w", err)
	}
	// Without events, so that it needs no right to write any.
	lock, err := resourcelock.NewFromKubeconfig(resourcelock.LeasesResourceLock, o.leaseNamespace, leaseName,
		resourcelock.ResourceLockConfig{Identity: host + "_" + string(uuid.NewUUID())}, p.config, renewDeadline)
	if err != nil {
		return nil, fmt.Errorf("preparing leader election: %w", err)
	}
	m, err := manager.New(p.config, manager.Options{
		Logger:  klog.Background(),
		Metrics: o.monitoring.metrics(), HealthProbeBindAddress: o.monitoring.healthAddress,
		LeaderElection: true, LeaderElectionResourceLockInterface: lock,
		LeaderElectionReleaseOnCancel: true, // the process ends when the manager does
	})
	if err != nil {
		return nil, fmt.Errorf("preparing the controller: %w", err)
	}
	if err := m.AddHealthzCheck("ping", healthz.Ping); err != nil {
		return nil, fmt.Errorf("preparing health checks: %w", err)
	}
	if err := m.AddReadyzCheck("objects", func(*http.Request) error { return p.objects.Ready() }); err != nil {
		return nil, fmt.Errorf("preparing health checks: %w", err)
	}
	return m, nil
}

// add adds what every replica runs (informers, so that a new leader is ready at
// once, and checks), and what the leader does.
func (p *controllerProcess) add() error {
	statusClient, err := p.newStatusClient()
	if err != nil {
		return err
	}
	statuses := p.newStatuses(statusClient)
	writer := limits.New(limits.Config{
		Source: p.objects, Ledgers: writable{p.ledgers}, Observer: p.counts, Now: time.Now,
		Resets: resets.Recorder{Client: statusClient, Events: p.manager.GetEventRecorder(leaseName), Now: time.Now},
	})
	for _, r := range []manager.Runnable{
		everywhere{func(ctx context.Context) { p.objects.Run(ctx) }},
		everywhere{func(ctx context.Context) { wait.JitterUntilWithContext(ctx, p.probe, probeEvery, 0.2, true) }},
		leader(writer.Run),
		leader(statuses.Run),
		leader(func(ctx context.Context) { p.ledgers.Sweep(ctx, p.objects, p.metrics) }),
	} {
		if err := p.manager.Add(r); err != nil {
			return fmt.Errorf("preparing the controller: %w", err)
		}
	}
	return nil
}

// newStatusClient returns what writes statuses.
func (p *controllerProcess) newStatusClient() (client.StatusClient, error) {
	scheme := runtime.NewScheme()
	if err := v1alpha1.AddToScheme(scheme); err != nil {
		return nil, fmt.Errorf("adding the custom resources to a scheme: %w", err)
	}
	config := rest.CopyConfig(p.config)
	config.QPS, config.Burst = statusQPS, statusBurst
	writer, err := client.New(config, client.Options{Scheme: scheme})
	if err != nil {
		return nil, fmt.Errorf("making a client for statuses: %w", err)
	}
	return writer, nil
}

func (p *controllerProcess) newStatuses(writer client.StatusClient) *status.Controller {
	return status.New(status.Config{
		Source: compiled{p.objects}, Client: writer, Observer: p.counts, Now: time.Now,
		Ledger: func(name string) bool { _, ok := p.ledgers.Get(name); return ok },
	})
}

func (p *controllerProcess) run(ctx context.Context) error {
	if err := p.manager.Start(ctx); err != nil {
		return fmt.Errorf("running the controller: %w", err)
	}
	return nil
}

// probe sets the gauges of the ledgers.
func (p *controllerProcess) probe(ctx context.Context) {
	for _, name := range p.ledgers.Names() {
		ctx, cancel := context.WithTimeout(ctx, 2*time.Second)
		p.metrics.Backend("redis-"+name, p.ledgers.Ping(ctx, name) == nil)
		cancel()
	}
}

func (p *controllerProcess) close() {
	if err := p.ledgers.Close(); err != nil {
		klog.ErrorS(err, "closing the ledgers")
	}
}

// everywhere runs in each replica.
type everywhere struct{ run func(context.Context) }

// Start implements manager.Runnable.
func (e everywhere) Start(ctx context.Context) error { e.run(ctx); return nil }

// NeedLeaderElection implements manager.LeaderElectionRunnable.
func (everywhere) NeedLeaderElection() bool { return false }

// leader returns what the leader runs.
func leader(run func(context.Context)) manager.Runnable {
	return manager.RunnableFunc(func(ctx context.Context) error { run(ctx); return nil })
}

// writable gives the ledgers as package limits wants them.
type writable struct{ set *ledgers.Set }

// Ledger implements limits.Ledgers.
func (w writable) Ledger(name string) (limits.Ledger, bool) {
	l, ok := w.set.Get(name)
	return l, ok
}

// compiled gives the objects as package status wants them.
type compiled struct{ *objects.Objects }

// PriceTables implements status.Source.
func (c compiled) PriceTables() []status.PriceTable {
	tables := c.Objects.PriceTables()
	all := make([]status.PriceTable, len(tables))
	for i, t := range tables {
		all[i] = status.PriceTable(t)
	}
	return all
}
