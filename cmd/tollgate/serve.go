package main

import (
	"context"
	"os"
	"os/signal"
	"syscall"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
	"sigs.k8s.io/controller-runtime/pkg/metrics/filters"
	metricsserver "sigs.k8s.io/controller-runtime/pkg/metrics/server"
)

// untilSignal is what a command runs that serves until it is told to end.
func untilSignal(run func(context.Context) error) func(*cobra.Command, []string) error {
	return func(cmd *cobra.Command, _ []string) error {
		ctx, stop := signal.NotifyContext(cmd.Context(), os.Interrupt, syscall.SIGTERM)
		defer stop()
		context.AfterFunc(ctx, stop) // a second signal ends the process at once
		return run(ctx)
	}
}

// monitoringOptions say where the controller and the webhook tell how they are.
type monitoringOptions struct {
	metricsAddress string
	metricsOpen    bool
	healthAddress  string
}

func (o *monitoringOptions) addFlags(fs *pflag.FlagSet) {
	fs.StringVar(&o.metricsAddress, "metrics-bind-address", ":8443", "Address of /metrics; 0 for none")
	fs.BoolVar(&o.metricsOpen, "metrics-insecure", false,
		"Serve /metrics by plain HTTP to anybody. Otherwise by HTTPS (with a certificate that it makes itself) to those whom RBAC lets get /metrics.")
	fs.StringVar(&o.healthAddress, "health-probe-bind-address", ":8081", "Address of /healthz and /readyz; 0 for none")
}

// metrics are the manager's options for /metrics.
func (o *monitoringOptions) metrics() metricsserver.Options {
	served := metricsserver.Options{BindAddress: o.metricsAddress}
	if !o.metricsOpen {
		served.SecureServing, served.FilterProvider = true, filters.WithAuthenticationAndAuthorization
	}
	return served
}
