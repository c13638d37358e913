package limits

import (
	"context"
	"flag"
	"log/slog"
	"os"
	"time"

	"tollgate.dev/tollgate/hack/demo/specs"
)

// Main writes limits until ctx ends. Its arguments are flags: --kubeconfig,
// --ledger and --every.
func Main(ctx context.Context, args []string) error {
	fs := flag.NewFlagSet("limits", flag.ContinueOnError)
	kubeconfig := fs.String("kubeconfig", "", "kubeconfig of the cluster with the Organizations and Projects")
	url := fs.String("ledger", "redis://127.0.0.1:6379", "Redis that keeps the ledger")
	every := fs.Duration("every", 2*time.Second, "how often to look for changes")
	if err := fs.Parse(args); err != nil {
		return err
	}
	log := slog.New(slog.NewTextHandler(os.Stderr, nil))
	reader, err := specs.NewReader(*kubeconfig)
	if err != nil {
		return err
	}
	ledger, closeLedger, err := specs.OpenLedger(*url)
	if err != nil {
		return err
	}
	defer closeLedger()
	w := NewWriter(ledger, log, time.Now)
	tick := time.NewTicker(*every)
	defer tick.Stop()
	for {
		if err := round(ctx, reader, w); err != nil && ctx.Err() == nil {
			log.Warn("limits are not written; trying again", "error", err)
		}
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
	}
}

func round(ctx context.Context, reader *specs.Reader, w *Writer) error {
	ctx, cancel := context.WithTimeout(ctx, 30*time.Second)
	defer cancel()
	s, err := reader.Read(ctx)
	if err != nil {
		return err
	}
	return w.Write(ctx, s)
}
