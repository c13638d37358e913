package main

import (
	"context"
	"crypto/sha256"
	"fmt"
	"time"

	"k8s.io/apimachinery/pkg/util/wait"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/clientcmd"
	"k8s.io/klog/v2"

	metering "tollgate.dev/tollgate/apis/metering/v1alpha1"
	"tollgate.dev/tollgate/apiserver"
	"tollgate.dev/tollgate/apiserver/balance"
	"tollgate.dev/tollgate/apiserver/budget"
	"tollgate.dev/tollgate/apiserver/organizationbudget"
	"tollgate.dev/tollgate/apiserver/page"
	"tollgate.dev/tollgate/apiserver/usage"
	"tollgate.dev/tollgate/cmd/tollgate/internal/cluster"
	"tollgate.dev/tollgate/cmd/tollgate/internal/ledgers"
	"tollgate.dev/tollgate/cmd/tollgate/internal/metrics"
	"tollgate.dev/tollgate/cmd/tollgate/internal/mimir"
	"tollgate.dev/tollgate/cmd/tollgate/internal/objects"
)

// probeEvery is how often backends are checked for the gauge in /metrics.
const probeEvery = 15 * time.Second

// process is a running `tollgate apiserver`.
type process struct {
	objects    *objects.Objects
	ledgers    *ledgers.Set
	metrics    *metrics.Metrics
	violations *violations // nil when they are not served
	checks     []apiserver.Check
	server     *apiserver.Server
}

// newProcess wires the parts. It waits for kube-apiserver.
func newProcess(ctx context.Context, o *apiserverOptions, configs []ledgers.Config) (*process, error) {
	cfg, err := kubeConfig(o.server.Recommended.CoreAPI.CoreAPIKubeconfigPath)
	if err != nil {
		return nil, err
	}
	if err := cluster.Wait(ctx, cfg); err != nil {
		return nil, err
	}
	p := &process{metrics: metrics.New()}
	if p.objects, err = objects.New(cfg); err != nil {
		return nil, err
	}
	if err := p.metrics.Register(metrics.NewObjects(p.objects)); err != nil {
		return nil, fmt.Errorf("registering metrics: %w", err)
	}
	p.ledgers = ledgers.Open(configs, p.metrics, o.ledgerTimeout)
	for _, name := range p.ledgers.Names() {
		p.checks = append(p.checks, apiserver.Check{Name: "redis-" + name, Check: func(ctx context.Context) error {
			return p.ledgers.Ping(ctx, name)
		}})
	}
	tokens := page.NewIssuer(tokenKey())
	resources, err := p.resources(o, tokens)
	if err != nil {
		return nil, err
	}
	groups := []apiserver.Group{{Version: metering.GroupVersion(), AddToScheme: metering.AddToScheme, Resources: resources}}
	if o.violations.enabled {
		if p.violations, err = newViolations(cfg, o.violations); err != nil {
			return nil, err
		}
		groups = append(groups, p.violations.group(tokens, p.metrics))
	}
	p.server, err = apiserver.New(apiserver.Config{
		Options:  o.server,
		Groups:   groups,
		Ready:    p.objects.Ready,
		Backends: p.checks,
		Metrics:  p.metrics.Gatherer(),
		Version:  buildVersion(),
	})
	return p, err
}

// resources returns what is served of money: budgets always, usage where there is a Mimir.
func (p *process) resources(o *apiserverOptions, tokens *page.Issuer) ([]apiserver.Resource, error) {
	fetch := balance.NewFetcher(p.ledgers, o.ledgerTimeout, time.Now)
	all := []apiserver.Resource{
		{Name: "budgets", Kind: "Budget", FieldSelectors: budget.FieldSelectors(),
			Storage: budget.New(p.objects, fetch, tokens, p.metrics)},
		{Name: "organizationbudgets", Kind: "OrganizationBudget", FieldSelectors: organizationbudget.FieldSelectors(),
			Storage: organizationbudget.New(p.objects, fetch, tokens, p.metrics)},
	}
	if o.mimir.URL == "" {
		return all, nil
	}
	m, err := mimir.Open(o.mimir, p.metrics)
	if err != nil {
		return nil, err
	}
	p.checks = append(p.checks, apiserver.Check{Name: "mimir", Check: m.Ping})
	return append(all, apiserver.Resource{Name: "usages", Kind: "Usage", FieldSelectors: usage.FieldSelectors(),
		Storage: usage.New(usage.Config{
			Directory: p.objects, Meter: m.Reader, Prices: p.objects, Tokens: tokens, Observer: p.metrics, Timeout: o.mimir.Timeout,
		})}), nil
}

// run serves until ctx is done and everything has been drained.
func (p *process) run(ctx context.Context) error {
	// What requests read from goes on until they are drained.
	background, stop := context.WithCancel(context.WithoutCancel(ctx))
	defer stop()
	go p.objects.Run(background)
	if p.violations != nil {
		go p.violations.run(background)
	}
	go p.ledgers.Sweep(background, p.objects, p.metrics)
	probe := func(ctx context.Context) { p.probe(ctx, klog.Background()) }
	go wait.JitterUntilWithContext(background, probe, probeEvery, 0.2, true)
	return p.server.Run(ctx)
}

// probe sets the gauges of the backends, and tells the log which do not answer.
func (p *process) probe(ctx context.Context, log klog.Logger) {
	for _, c := range p.checks {
		bounded, cancel := context.WithTimeout(ctx, 2*time.Second)
		err := c.Check(bounded)
		cancel()
		p.metrics.Backend(c.Name, err == nil)
		if err != nil && ctx.Err() == nil {
			log.Error(err, "a backend does not answer", "backend", c.Name)
		}
	}
}

func (p *process) close() {
	if err := p.ledgers.Close(); err != nil {
		klog.ErrorS(err, "closing the ledgers")
	}
}

// kubeConfig is that of a file, or of the Pod for "".
func kubeConfig(path string) (*rest.Config, error) {
	cfg, err := clientcmd.BuildConfigFromFlags("", path)
	if err != nil {
		return nil, fmt.Errorf("reading the kubeconfig (give --kubeconfig outside a cluster): %w", err)
	}
	return cfg, nil
}

// tokenKey is the same in every replica. The checksum that it goes into tells
// mistakes from tokens; it keeps no secret, because a token gives no right.
func tokenKey() []byte {
	sum := sha256.Sum256([]byte("tollgate continue tokens"))
	return sum[:]
}
