package main

import (
	"context"
	"fmt"
	"net"
	"os"
	"time"

	metering "tollgate.dev/tollgate/apis/metering/v1alpha1"
	"tollgate.dev/tollgate/apiserver"
	"tollgate.dev/tollgate/apiserver/balance"
	"tollgate.dev/tollgate/apiserver/budget"
	"tollgate.dev/tollgate/apiserver/page"
	"tollgate.dev/tollgate/hack/cluster"
	"tollgate.dev/tollgate/metering/ledger"
	"tollgate.dev/tollgate/test/bench/world"
)

// oneLedger answers for the only ledger there is.
type oneLedger struct{ ledger *ledger.Ledger }

func (o oneLedger) Ledger(string) (balance.Reader, bool) { return o.ledger, true }

type silent struct{}

func (silent) Answered(string, int, time.Duration) {}

// startOurs fills the ledger and serves budgets on a free port.
func startOurs(ctx context.Context, kubeconfig string, redis *cluster.Redis) (target, error) {
	l := ledger.New(redis.Client())
	w := world.New(objects)
	if err := w.Fill(ctx, l); err != nil {
		return target{}, fmt.Errorf("filling the ledger: %w", err)
	}
	opts := apiserver.NewOptions()
	opts.Recommended.CoreAPI.CoreAPIKubeconfigPath = kubeconfig
	port, err := listen(opts)
	if err != nil {
		return target{}, err
	}
	fetch := balance.NewFetcher(oneLedger{l}, 30*time.Second, time.Now)
	server, err := apiserver.New(apiserver.Config{
		Options: opts,
		Groups: []apiserver.Group{{Version: metering.GroupVersion(), AddToScheme: metering.AddToScheme, Resources: []apiserver.Resource{{
			Name: "budgets", Kind: "Budget", FieldSelectors: budget.FieldSelectors(),
			Storage: budget.New(w, fetch, page.NewIssuer([]byte("bench")), silent{}),
		}}}},
		Version: "bench",
	})
	if err != nil {
		return target{}, err
	}
	go func() {
		if err := server.Run(ctx); err != nil {
			fmt.Fprintln(os.Stderr, "tollgate's server:", err)
		}
	}()
	return target{name: "budgets", url: fmt.Sprintf("https://127.0.0.1:%d/apis/metering.tollgate.dev/v1alpha1/budgets", port)}, nil
}

// listen has a server take a free port of the loopback interface.
func listen(opts *apiserver.Options) (int, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return 0, fmt.Errorf("finding a free port: %w", err)
	}
	port := l.Addr().(*net.TCPAddr).Port
	s := opts.Recommended.SecureServing
	s.Listener, s.BindPort, s.BindAddress = l, port, net.IPv4(127, 0, 0, 1)
	s.ServerCert.CertDirectory = ""
	opts.Run.ShutdownDelayDuration = 0
	return port, nil
}
