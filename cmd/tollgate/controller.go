package main

import (
	"context"
	"errors"
	"os"

	"github.com/redis/go-redis/v9"
	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"tollgate.dev/tollgate/cmd/tollgate/internal/ledgers"
)

// controllerOptions are the flags of `tollgate controller`.
type controllerOptions struct {
	kubeconfig     string
	ledgers        []string
	leaseNamespace string
	monitoring     monitoringOptions
}

func newControllerCommand() *cobra.Command {
	o := &controllerOptions{}
	cmd := &cobra.Command{
		Use:   "controller",
		Short: "Write limits to the ledger and statuses to objects",
		Long: `Follows Organizations, Projects and PriceTables: writes their limits to the ledger in Redis, where they are in force
within seconds, charges requests that never came back, and says in each object's status whether it counts. Any number of
replicas may run; the one that holds the Lease tollgate-controller works. While none runs, the limits that were written
stay in force.`,
		Args: cobra.NoArgs,
		RunE: untilSignal(o.run),
	}
	o.addFlags(cmd.Flags())
	return cmd
}

func (o *controllerOptions) addFlags(fs *pflag.FlagSet) {
	fs.StringVar(&o.kubeconfig, "kubeconfig", "", "kubeconfig of the cluster; in a Pod leave it out")
	fs.StringArrayVar(&o.ledgers, "ledger", nil, ledgers.Usage)
	fs.StringVar(&o.leaseNamespace, "leader-election-namespace", "tollgate-system", "Namespace of the Lease by which one replica works")
	o.monitoring.addFlags(fs)
}

// configs returns the parsed flags, or every mistake in them.
func (o *controllerOptions) configs() ([]ledgers.Config, error) {
	configs, err := ledgers.ParseAll(o.ledgers, os.Getenv)
	errs := []error{err}
	if len(o.ledgers) == 0 {
		errs = append(errs, errors.New("no --ledger was given: limits need one, for example --ledger default=redis://redis:6379"))
	}
	if o.leaseNamespace == "" {
		errs = append(errs, errors.New("--leader-election-namespace is empty: give the namespace that the controller runs in"))
	}
	return configs, errors.Join(errs...)
}

func (o *controllerOptions) run(ctx context.Context) error {
	redis.SetLogger(ledgers.Log{})
	configs, err := o.configs()
	if err != nil {
		return err
	}
	p, err := newControllerProcess(o, configs)
	if err != nil {
		return err
	}
	defer p.close()
	return p.run(ctx)
}
