package main

import (
	"context"
	"errors"
	"os"
	"runtime/debug"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"tollgate.dev/tollgate/webhook"
)

// webhookOptions are the flags of `tollgate webhook`.
type webhookOptions struct {
	kubeconfig string
	settings   string

	address       string
	port          int
	shutdownDelay time.Duration
	maxBody       int64
	concurrent    int
	waiting       int
	timeout       time.Duration
	patience      int

	certificates certificateOptions
	callers      string
	callerNames  []string

	decisions string
	allows    int
	objects   int
	refusals  int

	monitoring monitoringOptions
}

// certificateOptions say where the certificate comes from.
type certificateOptions struct {
	dir           string
	secret        string
	configuration string
	names         []string
	life          time.Duration
	authorityLife time.Duration
	settle        time.Duration
}

func newWebhookCommand() *cobra.Command {
	o := &webhookOptions{}
	cmd := &cobra.Command{
		Use:   "webhook",
		Short: "Judge at admission what is written to the cluster",
		Long: `Answers kube-apiserver's admission reviews by Tollgate's policies and the cluster's AdmissionPolicies: refuses what reaches
out of its tenant's scope, with the policy, the field and the way out, and fills in what is left out. Any number of replicas
may run; each follows the cluster by itself. It refuses everything that it is asked about until it has read the policies and
the objects that they look at; /readyz fails until then, and the log says what is missing.`,
		Args: cobra.NoArgs,
		RunE: untilSignal(o.run),
	}
	o.addFlags(cmd.Flags())
	return cmd
}

func (o *webhookOptions) addFlags(fs *pflag.FlagSet) {
	fs.StringVar(&o.kubeconfig, "kubeconfig", "", "kubeconfig of the cluster; in a Pod leave it out")
	fs.StringVar(&o.settings, "settings", "", "File of the settings of admission, read again when it changes; the defaults without one")

	fs.StringVar(&o.address, "bind-address", "", "Address to listen on; all when empty")
	fs.IntVar(&o.port, "secure-port", 9443, "Port of the webhook, by HTTPS")
	fs.DurationVar(&o.shutdownDelay, "shutdown-delay-duration", 15*time.Second,
		"How long it still serves after a signal to end, while /readyz already fails: longer than the cluster takes to send nobody here any more")
	fs.Int64Var(&o.maxBody, "max-review-bytes", 8<<20, "Largest review that is judged; an update holds the object twice, and kube-apiserver takes objects of 3 MiB")
	fs.IntVar(&o.concurrent, "max-reviews-in-flight", 32, "Reviews that are judged at once")
	fs.IntVar(&o.waiting, "max-reviews-waiting", 256, "Reviews that may wait for their turn; further ones are refused at once and may be tried again")
	fs.DurationVar(&o.timeout, "review-timeout", 10*time.Second, "Longest that a review may take, waiting included; the webhook configurations' timeoutSeconds holds if it is shorter")
	fs.IntVar(&o.patience, "policy-patience", 1, "Multiplies the timeouts of all policies, for nodes that stand still now and then, such as those of CI; --review-timeout holds all the same")

	c := &o.certificates
	fs.StringVar(&c.dir, "tls-dir", "", "Folder with tls.crt and tls.key, and ca.crt if there is one, as cert-manager's Secrets are mounted; read again when they change")
	fs.StringVar(&c.secret, "certificate-secret", "",
		"NAMESPACE/NAME of a Secret in which it keeps a certificate and an authority of its own, which it renews and writes into the webhook configurations; instead of --tls-dir")
	fs.StringVar(&c.configuration, "webhook-configuration", "tollgate", "Name of the ValidatingWebhookConfiguration and the MutatingWebhookConfiguration, for --certificate-secret")
	fs.StringSliceVar(&c.names, "dns-name", []string{"tollgate-webhook.tollgate-system.svc"}, "DNS names of the webhook's Service; kube-apiserver calls by the first")
	fs.DurationVar(&c.life, "certificate-lifetime", 90*24*time.Hour, "Life of a serving certificate of its own; renewed when a third of it is left")
	fs.DurationVar(&c.authorityLife, "authority-lifetime", 5*365*24*time.Hour, "Life of an authority of its own; renewed when a third of it is left")
	fs.DurationVar(&c.settle, "authority-settle-duration", 5*time.Minute, "How long a new authority is published before it signs: longer than every kube-apiserver takes to see it")

	fs.StringVar(&o.callers, "client-ca-file", "",
		"PEM file of the authorities that sign kube-apiserver's client certificate, read again when it changes: reviews of others are answered 403. Anybody who reaches the port may ask without it")
	fs.StringSliceVar(&o.callerNames, "client-names", nil, "Common names of client certificates that may ask, for --client-ca-file; all of its authorities' when empty")

	fs.StringVar(&o.decisions, "decision-log", "-", "File to which decisions are appended as JSON lines, with what is secret masked; - for standard output, empty for none")
	fs.IntVar(&o.allows, "decision-log-allows-per-second", 1, "How many allowed reviews without a warning are logged per second at most")
	fs.IntVar(&o.objects, "decision-log-objects-per-second", 20, "How many refusals per second are logged with their object; further ones without")
	fs.IntVar(&o.refusals, "decision-log-refusals-per-second", 200, "How many refusals, and how many warnings, are logged per second at most; further ones are counted")
	o.monitoring.addFlags(fs)
}

// validate returns every mistake in the flags.
func (o *webhookOptions) validate() error {
	var errs []error
	wrong := func(bad bool, message string) {
		if bad {
			errs = append(errs, errors.New(message))
		}
	}
	c := &o.certificates
	wrong((c.dir == "") == (c.secret == ""), "give one of --tls-dir (a mounted certificate) and --certificate-secret NAMESPACE/NAME (it makes its own)")
	if c.secret != "" {
		namespace, name, ok := strings.Cut(c.secret, "/")
		wrong(!ok || namespace == "" || name == "" || strings.Contains(name, "/"), "--certificate-secret must be NAMESPACE/NAME")
		wrong(c.configuration == "", "--webhook-configuration is empty")
		wrong(c.life <= 0 || c.authorityLife < c.life, "--certificate-lifetime must be positive and not longer than --authority-lifetime")
		wrong(c.settle <= 0 || c.settle >= c.authorityLife/3, "--authority-settle-duration must be positive and shorter than a third of --authority-lifetime")
	}
	wrong(len(c.names) == 0, "--dns-name is empty: give the name of the webhook's Service")
	wrong(o.callers == "" && len(o.callerNames) > 0, "--client-names needs --client-ca-file")
	wrong(o.port <= 0 || o.port > 65535, "--secure-port must be a port")
	wrong(o.maxBody < 1<<20, "--max-review-bytes must be 1 MiB or more")
	wrong(o.concurrent <= 0 || o.waiting < 0, "--max-reviews-in-flight must be positive, and --max-reviews-waiting not negative")
	wrong(o.timeout <= 0 || o.shutdownDelay < 0, "--review-timeout must be positive, and --shutdown-delay-duration not negative")
	wrong(o.patience < 1, "--policy-patience must be 1 or more")
	wrong(o.allows < 0, "--decision-log-allows-per-second must not be negative")
	wrong(o.objects <= 0 || o.refusals <= 0, "--decision-log-objects-per-second and --decision-log-refusals-per-second must be positive")
	return errors.Join(errs...)
}

func (o *webhookOptions) run(ctx context.Context) error {
	if err := o.validate(); err != nil {
		return err
	}
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(webhook.GCPercent)
	}
	p, err := newWebhookProcess(o)
	if err != nil {
		return err
	}
	defer p.close()
	return p.run(ctx)
}
