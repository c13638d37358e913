package main

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"os"
	"strings"
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	admissionv1 "k8s.io/api/admission/v1"
	authenticationv1 "k8s.io/api/authentication/v1"
	"k8s.io/client-go/dynamic"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/rest"
	"k8s.io/klog/v2"
	"sigs.k8s.io/controller-runtime/pkg/healthz"
	ctrllog "sigs.k8s.io/controller-runtime/pkg/log"
	"sigs.k8s.io/controller-runtime/pkg/manager"
	ctrlmetrics "sigs.k8s.io/controller-runtime/pkg/metrics"

	"tollgate.dev/tollgate/cmd/tollgate/internal/follow"
	"tollgate.dev/tollgate/cmd/tollgate/internal/metrics"
	"tollgate.dev/tollgate/cmd/tollgate/internal/policystatus"
	"tollgate.dev/tollgate/cmd/tollgate/internal/settingsfile"
	"tollgate.dev/tollgate/rego/admission"
	"tollgate.dev/tollgate/rego/decisions"
	"tollgate.dev/tollgate/rego/engine"
	"tollgate.dev/tollgate/rego/settings"
	"tollgate.dev/tollgate/webhook"
	"tollgate.dev/tollgate/webhook/caller"
	"tollgate.dev/tollgate/webhook/certificate"
	"tollgate.dev/tollgate/webhook/fair"
)

const (
	// drainTimeout is how long reviews in flight may take at the end.
	drainTimeout = time.Minute
	// secondLook is longer than an object takes from kube-apiserver into the inventory.
	secondLook = 250 * time.Millisecond
	// logTimeout is how long the last decisions may take to be written.
	logTimeout = 5 * time.Second
)

// webhookProcess is a running `tollgate webhook`.
type webhookProcess struct {
	options *webhookOptions
	config  *rest.Config
	metrics *metrics.Metrics
	counts  *metrics.Webhook
	log     *decisions.Log
	logFile *os.File // nil for standard output and for none

	file        *settingsfile.File
	engine      *engine.Engine
	judge       atomic.Pointer[admission.Judge] // nil until settings are in force
	follower    *follow.Follower
	statuses    *policystatus.Writer
	certificate certificate.Source
	callers     *caller.Callers // nil for anybody
	server      *webhook.Server
	manager     manager.Manager
	reason      atomic.Pointer[string] // why readyz failed last; "" if it did not
}

// newWebhookProcess wires the parts. It asks kube-apiserver for nothing yet.
func newWebhookProcess(o *webhookOptions) (*webhookProcess, error) {
	ctrllog.SetLogger(klog.Background())
	p := &webhookProcess{options: o, metrics: metrics.New(), counts: metrics.NewWebhook(judgedKinds()...)}
	var first *settings.Settings
	var err error
	if p.file, first, err = settingsfile.Open(o.settings); err != nil {
		return nil, err
	}
	if o.callers != "" {
		if p.callers, err = caller.Open(o.callers, o.callerNames); err != nil {
			return nil, err
		}
	}
	if p.config, err = kubeConfig(o.kubeconfig); err != nil {
		return nil, err
	}
	if p.certificate, err = p.newCertificate(); err != nil {
		return nil, err
	}
	p.engine = engine.New(engine.Options{Observer: p.counts, Patience: o.patience})
	client, err := dynamic.NewForConfig(p.config)
	if err != nil {
		return nil, fmt.Errorf("making a client for statuses: %w", err)
	}
	p.statuses = policystatus.New(client, time.Now)
	if p.follower, err = follow.New(p.config, follow.Options{Engine: p.engine, Settings: first, InForce: p.use, Report: p.statuses.Report}); err != nil {
		return nil, err
	}
	if err := p.openLog(); err != nil {
		return nil, err
	}
	p.server = p.newServer()
	if err := p.register(); err != nil {
		p.close()
		return nil, err
	}
	if p.manager, err = p.newManager(); err != nil {
		p.close()
		return nil, err
	}
	return p, nil
}

// judgedKinds are those with series of their own.
func judgedKinds() []string {
	return []string{
		"AdmissionPolicy", "BackendTLSPolicy", "EndpointSlice", "Endpoints", "EnvoyFilter", "GRPCRoute", "Gateway", "Http2Rpc", "HTTPRoute", "Ingress", "ListenerSet",
		"McpBridge", "Organization", "PriceTable", "Project", "Secret", "Service", "TCPRoute", "TLSRoute", "UDPRoute", "WasmPlugin",
		"XBackendTrafficPolicy", "XListenerSet",
	}
}

func (p *webhookProcess) newCertificate() (certificate.Source, error) {
	c := p.options.certificates
	if c.dir != "" {
		return certificate.NewMounted(c.dir)
	}
	client, err := kubernetes.NewForConfig(p.config)
	if err != nil {
		return nil, fmt.Errorf("making a client for certificates: %w", err)
	}
	namespace, name, _ := strings.Cut(c.secret, "/")
	return certificate.NewRotator(certificate.RotatorConfig{
		Client: client, Namespace: namespace, Secret: name, Configuration: c.configuration, Names: c.names,
		ServingLife: c.life, AuthorityLife: c.authorityLife, Settle: c.settle, Now: time.Now,
	}), nil
}

// openLog opens the decision log.
func (p *webhookProcess) openLog() error {
	to := os.Stdout
	switch p.options.decisions {
	case "":
		return nil
	case "-":
	default:
		var err error
		if to, err = os.OpenFile(p.options.decisions, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600); err != nil {
			return fmt.Errorf("opening the decision log: %w", err)
		}
		p.logFile = to
	}
	p.log = decisions.New(slog.NewJSONHandler(to, nil), decisions.Options{
		AllowsPerSecond: p.options.allows, ObjectsPerSecond: p.options.objects, RefusalsPerSecond: p.options.refusals,
	})
	return nil
}

// use has reviews judged by other settings from now on.
func (p *webhookProcess) use(s *settings.Settings) {
	p.judge.Store(admission.New(p.engine, admission.Options{
		Point: engine.Webhook, Settings: s, Decisions: p.log, SecondLook: secondLook,
	}))
}

func (p *webhookProcess) newServer() *webhook.Server {
	o := p.options
	return webhook.New(webhook.Config{
		Host: o.address, Port: o.port, Name: o.certificates.names[0], Certificate: p.certificate, Callers: p.callers,
		Validate: func(ctx context.Context, req *admissionv1.AdmissionRequest) *admissionv1.AdmissionResponse {
			response, _ := p.judge.Load().Validate(ctx, req)
			return response
		},
		Mutate: func(ctx context.Context, req *admissionv1.AdmissionRequest) *admissionv1.AdmissionResponse {
			response, _ := p.judge.Load().Mutate(ctx, req)
			return response
		},
		ValidateObserver: p.counts.For("validate"), MutateObserver: p.counts.For("mutate"), GateObserver: p.counts, FlowOf: p.flowOf,
		Ready: p.follower.Ready, Slots: o.concurrent, Queue: o.waiting, MaxBody: o.maxBody, Timeout: o.timeout, ShutdownDelay: o.shutdownDelay,
	})
}

// flowOf has reviews of one account wait and be refused by themselves.
func (p *webhookProcess) flowOf(namespace string, user *authenticationv1.UserInfo) fair.Flow {
	judge := p.judge.Load()
	if judge == nil {
		return fair.Flow{} // there is nothing to judge by yet
	}
	account := judge.Account(namespace, user)
	return fair.Flow{Kind: string(account.Kind), Name: account.Name}
}

func (p *webhookProcess) register() error {
	for _, c := range []prometheus.Collector{p.counts, metrics.NewObjects(p.follower), metrics.NewWebhookState(metrics.WebhookState{
		Policies: p.follower.Policies, Dropped: p.log.Dropped, Suppressed: p.log.Suppressed, Waiting: p.server.Waiting,
		Expiry: func() (time.Time, bool) { return certificate.Expiry(p.certificate) },
	})} {
		if err := p.metrics.Register(c); err != nil {
			return fmt.Errorf("registering metrics: %w", err)
		}
	}
	if err := ctrlmetrics.Registry.Register(p.metrics.Collector()); err != nil {
		return fmt.Errorf("registering metrics: %w", err)
	}
	return nil
}

func (p *webhookProcess) newManager() (manager.Manager, error) {
	drain := drainTimeout
	m, err := manager.New(p.config, manager.Options{
		Logger:  klog.Background(),
		Metrics: p.options.monitoring.metrics(), HealthProbeBindAddress: p.options.monitoring.healthAddress,
		WebhookServer: p.server, GracefulShutdownTimeout: &drain,
	})
	if err != nil {
		return nil, fmt.Errorf("preparing the webhook: %w", err)
	}
	m.GetWebhookServer() // adds it to what the manager runs
	if err := m.AddHealthzCheck("ping", healthz.Ping); err != nil {
		return nil, fmt.Errorf("preparing health checks: %w", err)
	}
	if err := m.AddReadyzCheck("webhook", p.ready); err != nil {
		return nil, fmt.Errorf("preparing health checks: %w", err)
	}
	for _, run := range []func(context.Context){
		p.follower.Run,
		p.statuses.Run,
		func(ctx context.Context) { p.file.Follow(ctx, p.follower.Use, p.counts.SettingsChanged) },
	} {
		if err := m.Add(everywhere{run}); err != nil {
			return nil, fmt.Errorf("preparing the webhook: %w", err)
		}
	}
	return m, nil
}

// ready is what readyz asks. Readyz itself withholds reasons, so the log has them.
func (p *webhookProcess) ready(r *http.Request) error {
	err := p.server.Ready(r.Context())
	now := ""
	if err != nil {
		now = err.Error()
	}
	if before := p.reason.Swap(&now); before == nil && err != nil || before != nil && *before != now {
		klog.InfoS("readiness changed", "ready", err == nil, "because", now)
	}
	return err
}

// run serves until ctx is done and everything has been answered.
func (p *webhookProcess) run(ctx context.Context) error {
	if err := p.server.Run(ctx, p.manager.Start); err != nil {
		return fmt.Errorf("running the webhook: %w", err)
	}
	return nil
}

func (p *webhookProcess) close() {
	ctx, cancel := context.WithTimeout(context.Background(), logTimeout)
	defer cancel()
	if err := p.log.Close(ctx); err != nil {
		klog.ErrorS(err, "writing the last decisions")
	}
	if p.logFile != nil {
		if err := p.logFile.Close(); err != nil {
			klog.ErrorS(err, "closing the decision log")
		}
	}
}
