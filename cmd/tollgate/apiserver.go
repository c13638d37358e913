package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"runtime/debug"
	"time"

	"github.com/redis/go-redis/v9"
	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"tollgate.dev/tollgate/apiserver"
	"tollgate.dev/tollgate/apiserver/balance"
	"tollgate.dev/tollgate/apiserver/usage"
	"tollgate.dev/tollgate/cmd/tollgate/internal/ledgers"
	"tollgate.dev/tollgate/cmd/tollgate/internal/mimir"
)

// apiserverOptions are the flags of `tollgate apiserver`.
type apiserverOptions struct {
	server        *apiserver.Options
	ledgers       []string
	ledgerTimeout time.Duration
	mimir         mimir.Options
	violations    violationOptions
}

func newAPIServerCommand() *cobra.Command {
	o := &apiserverOptions{server: apiserver.NewOptions(), mimir: mimir.Options{Timeout: usage.DefaultTimeout}}
	cmd := &cobra.Command{
		Use:   "apiserver",
		Short: "Serve budgets, usage and policy violations as an aggregated API",
		Long: `Serves two API groups behind kube-apiserver: metering.tollgate.dev with budgets and organizationbudgets from the
ledger in Redis and usage from Mimir, and policy.tollgate.dev with policyviolations and clusterpolicyviolations: what
exists now and breaks a policy as it is now. It stores nothing. Any number of replicas may run.`,
		Args: cobra.NoArgs,
		RunE: untilSignal(o.run),
	}
	o.addFlags(cmd.Flags())
	return cmd
}

func (o *apiserverOptions) addFlags(fs *pflag.FlagSet) {
	o.server.AddFlags(fs)
	fs.StringArrayVar(&o.ledgers, "ledger", nil, ledgers.Usage)
	fs.DurationVar(&o.ledgerTimeout, "ledger-timeout", balance.DefaultTimeout,
		"How long an answer waits for ledgers. Then it shows limits without amounts.")
	o.mimir.AddFlags(fs)
	o.violations.addFlags(fs)
}

// configs returns the parsed flags, or every mistake in them.
func (o *apiserverOptions) configs() ([]ledgers.Config, error) {
	errs := []error{o.server.Validate(), o.mimir.Validate()}
	configs, err := ledgers.ParseAll(o.ledgers, os.Getenv)
	errs = append(errs, err)
	if len(o.ledgers) == 0 {
		errs = append(errs, errors.New("no --ledger was given: budgets need one, for example --ledger default=redis://redis:6379"))
	}
	if o.ledgerTimeout <= 0 {
		errs = append(errs, fmt.Errorf("--ledger-timeout is %s: give a positive duration", o.ledgerTimeout))
	}
	return configs, errors.Join(errs...)
}

// gcPercent trades a little time for memory: what lists leave behind is
// collected when the heap has grown by half, not when it has doubled.
const gcPercent = 50

func (o *apiserverOptions) run(ctx context.Context) error {
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(gcPercent)
	}
	redis.SetLogger(ledgers.Log{})
	configs, err := o.configs()
	if err != nil {
		return err
	}
	p, err := newProcess(ctx, o, configs)
	if err != nil {
		return err
	}
	defer p.close()
	return p.run(ctx)
}
