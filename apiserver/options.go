package apiserver

import (
	"errors"
	"fmt"
	"time"

	"github.com/spf13/pflag"
	genericoptions "k8s.io/apiserver/pkg/server/options"
)

// Options are the flags of the generic server.
type Options struct {
	// Run has timeouts, limits on requests in flight and the shutdown delay.
	Run *genericoptions.ServerRunOptions
	// Recommended has serving, authentication, authorization, audit, features
	// and the way to kube-apiserver. Etcd and admission are absent.
	Recommended *genericoptions.RecommendedOptions
	// ListedObjects is how many objects may be in memory at once for lists
	// that are being answered; further large lists wait, then get a 429.
	ListedObjects int64
}

// shutdownDelay is longer than it takes for endpoints and the aggregator to
// notice that readyz fails.
const shutdownDelay = 10 * time.Second

// defaultListedObjects is two lists of 10,000 budgets: more of them at once
// take more memory and are no faster.
const defaultListedObjects = 20_000

// NewOptions returns the defaults.
func NewOptions() *Options {
	o := &Options{
		Run:           genericoptions.NewServerRunOptions(),
		Recommended:   genericoptions.NewRecommendedOptions("", nil),
		ListedObjects: defaultListedObjects,
	}
	o.Run.ShutdownDelayDuration = shutdownDelay
	o.Run.ShutdownSendRetryAfter = true
	o.Recommended.Etcd = nil
	o.Recommended.Admission = nil
	o.Recommended.EgressSelector = nil
	o.Recommended.Features.EnableProfiling = false
	o.Recommended.SecureServing.BindPort = 6443
	return o
}

// AddFlags registers the flags.
func (o *Options) AddFlags(fs *pflag.FlagSet) {
	r := o.Recommended
	r.SecureServing.AddFlags(fs)
	r.Authentication.AddFlags(fs)
	r.Authorization.AddFlags(fs)
	r.Audit.AddFlags(fs)
	r.Features.AddFlags(fs)
	r.CoreAPI.AddFlags(fs)
	fs.DurationVar(&o.Run.ShutdownDelayDuration, "shutdown-delay-duration", o.Run.ShutdownDelayDuration,
		"How long to keep serving after readyz fails on SIGTERM, so that endpoints are updated before connections are refused.")
	fs.BoolVar(&o.Run.ShutdownSendRetryAfter, "shutdown-send-retry-after", o.Run.ShutdownSendRetryAfter,
		"Answer requests that arrive while others drain with 429 and Retry-After.")
	fs.DurationVar(&o.Run.RequestTimeout, "request-timeout", o.Run.RequestTimeout, "The longest a request may take.")
	fs.IntVar(&o.Run.MaxRequestsInFlight, "max-requests-inflight", o.Run.MaxRequestsInFlight,
		"How many reading requests run at once; priority and fairness shares them out.")
	fs.Int64Var(&o.ListedObjects, "max-listed-objects", o.ListedObjects,
		"How many objects may be in memory at once for lists that are being answered; further large lists wait. Bounds the memory of unpaged lists.")
}

// Validate returns every mistake in the options.
func (o *Options) Validate() error {
	r := o.Recommended
	var errs []error
	errs = append(errs, o.Run.Validate()...)
	errs = append(errs, r.SecureServing.Validate()...)
	errs = append(errs, r.Authentication.Validate()...)
	errs = append(errs, r.Authorization.Validate()...)
	errs = append(errs, r.Audit.Validate()...)
	errs = append(errs, r.Features.Validate()...)
	errs = append(errs, r.CoreAPI.Validate()...)
	if o.ListedObjects < 1 {
		errs = append(errs, fmt.Errorf("--max-listed-objects is %d: give at least 1", o.ListedObjects))
	}
	return errors.Join(errs...)
}

// kubeconfigForAll has authentication and authorization use the kubeconfig of
// --kubeconfig where they were given none of their own.
func (o *Options) kubeconfigForAll() {
	r := o.Recommended
	kubeconfig := r.CoreAPI.CoreAPIKubeconfigPath
	if r.Authentication.RemoteKubeConfigFile == "" {
		r.Authentication.RemoteKubeConfigFile = kubeconfig
	}
	if r.Authorization.RemoteKubeConfigFile == "" {
		r.Authorization.RemoteKubeConfigFile = kubeconfig
	}
}
