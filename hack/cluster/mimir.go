package cluster

import (
	"context"
	"fmt"
	"path/filepath"
	"strconv"

	"tollgate.dev/tollgate/hack/binaries"
	"tollgate.dev/tollgate/hack/supervise"
)

// MimirOptions configure StartMimir.
type MimirOptions struct {
	// Port is the HTTP port; 0 picks a free one.
	Port int
	// Args are further flags.
	Args []string
}

// Mimir is a running Mimir: one process, files under the Env's folder, many tenants, limits raised. What was pushed can be queried at
// once, however old the samples are (up to 400 days).
type Mimir struct {
	*supervise.Process
	// URL is the server's root, http. Every request to it needs the header X-Scope-OrgID.
	URL string
	// PrometheusURL is the base of the Prometheus HTTP API.
	PrometheusURL string
	// PushURL takes Prometheus remote_write.
	PushURL string
}

// StartMimir starts Mimir and waits until it accepts writes and answers queries.
func StartMimir(ctx context.Context, env Env, opts MimirOptions) (*Mimir, error) {
	ports, err := FreePorts(2)
	if err != nil {
		return nil, err
	}
	if opts.Port == 0 {
		opts.Port = ports[0]
	}
	dir, err := env.folder("mimir")
	if err != nil {
		return nil, err
	}
	if _, err := env.folder("mimir/rules"); err != nil { // the ruler lists it at start
		return nil, err
	}
	args := mimirArgs(dir, opts.Port, ports[1])
	url := "http://" + Loopback(opts.Port)
	p, err := env.start(ctx, binaries.Mimir, supervise.Spec{
		Name: "mimir", Args: append(args, opts.Args...), Ready: AnswersOK(plainClient(), url+"/ready"),
		Env: []string{"GOMEMLIMIT=512MiB"},
	})
	if err != nil {
		return nil, fmt.Errorf("starting Mimir: %w", err)
	}
	return &Mimir{Process: p, URL: url, PrometheusURL: url + "/prometheus", PushURL: url + "/api/v1/push"}, nil
}

func mimirArgs(dir string, http, grpc int) []string {
	args := []string{
		"-target=all", "-usage-stats.enabled=false", "-log.level=warn", "-shutdown-delay=0s",
		"-server.http-listen-address=127.0.0.1", "-server.http-listen-port=" + strconv.Itoa(http),
		"-server.grpc-listen-address=127.0.0.1", "-server.grpc-listen-port=" + strconv.Itoa(grpc),
		"-auth.multitenancy-enabled=true",

		"-common.storage.backend=filesystem",
		"-blocks-storage.filesystem.dir=" + filepath.Join(dir, "blocks"),
		"-blocks-storage.tsdb.dir=" + filepath.Join(dir, "tsdb"),
		"-blocks-storage.bucket-store.sync-dir=" + filepath.Join(dir, "sync"),
		"-ruler-storage.filesystem.dir=" + filepath.Join(dir, "rules"),
		"-ruler.rule-path=" + filepath.Join(dir, "rule-files"),
		"-alertmanager-storage.filesystem.dir=" + filepath.Join(dir, "alertmanager"),
		"-compactor.data-dir=" + filepath.Join(dir, "compactor"),
		"-activity-tracker.filepath=" + filepath.Join(dir, "activity.log"),

		// Old samples are taken, kept by the ingester and asked from it, so an answer never waits for a block to be shipped and found.
		"-ingester.out-of-order-time-window=9600h", "-blocks-storage.tsdb.retention-period=9600h",
		"-querier.query-ingesters-within=0", "-querier.query-store-after=0",
		"-query-frontend.cache-results=false", "-query-frontend.align-queries-with-step=false",

		"-ingester.max-global-series-per-user=0", "-ingester.max-global-series-per-metric=0",
		"-distributor.ingestion-rate-limit=10000000", "-distributor.ingestion-burst-size=10000000",
		"-distributor.request-rate-limit=0",

		// A restarted ingester must not wait for a former self to be forgotten.
		"-ingester.ring.replication-factor=1", "-ingester.ring.min-ready-duration=0s", "-ingester.ring.final-sleep=0s",
		"-ingester.ring.observe-period=0s", "-ingester.ring.num-tokens=32",
		"-store-gateway.sharding-ring.replication-factor=1", "-store-gateway.sharding-ring.num-tokens=32",
	}
	for _, ring := range []string{
		"distributor.ring", "ingester.ring", "store-gateway.sharding-ring", "compactor.ring", "ruler.ring",
		"query-scheduler.ring", "querier.ring", "overrides-exporter.ring",
	} {
		args = append(args, "-"+ring+".store=inmemory", "-"+ring+".instance-addr=127.0.0.1")
	}
	return append(args, "-ingester.partition-ring.store=inmemory", "-query-frontend.instance-addr=127.0.0.1")
}
