package traffic

import (
	"context"
	"flag"
	"fmt"
	"log/slog"
	"os"
	"time"

	"tollgate.dev/tollgate/hack/demo/specs"
)

// Main simulates traffic until ctx ends. Its arguments are flags: --kubeconfig,
// --ledger, --listen and --pause.
func Main(ctx context.Context, args []string) error {
	fs := flag.NewFlagSet("traffic", flag.ContinueOnError)
	kubeconfig := fs.String("kubeconfig", "", "kubeconfig of the cluster with the Organizations, Projects and PriceTables")
	url := fs.String("ledger", "redis://127.0.0.1:6379", "Redis that keeps the ledger")
	listen := fs.String("listen", "127.0.0.1:0", "address that serves /metrics, as a gateway pod does")
	pause := fs.Duration("pause", 2*time.Second, "mean time between two requests of one user")
	if err := fs.Parse(args); err != nil {
		return err
	}
	if *pause <= 0 {
		return fmt.Errorf("--pause is %s: give a positive duration", *pause)
	}
	reader, err := specs.NewReader(*kubeconfig)
	if err != nil {
		return err
	}
	ledger, closeLedger, err := specs.OpenLedger(*url)
	if err != nil {
		return err
	}
	defer closeLedger()
	return Run(ctx, Options{
		Specs: reader, Ledger: ledger, Listen: *listen, Pause: *pause, Refresh: 5 * time.Second,
		Log: slog.New(slog.NewTextHandler(os.Stderr, nil)),
	})
}
