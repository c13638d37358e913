package cluster

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"

	"tollgate.dev/tollgate/hack/binaries"
	"tollgate.dev/tollgate/hack/supervise"
)

// PrometheusAgent is a running Prometheus in agent mode: it scrapes and forwards by remote_write, and stores nothing but its WAL.
type PrometheusAgent struct {
	*supervise.Process
	// URL is its web address, http; it also serves its own /metrics.
	URL string

	config string
}

// StartPrometheusAgent starts an agent with a configuration in Prometheus's YAML (scrape_configs and remote_write).
func StartPrometheusAgent(ctx context.Context, env Env, config []byte) (*PrometheusAgent, error) {
	port, err := portOr(0)
	if err != nil {
		return nil, err
	}
	dir, err := env.folder("prometheus-agent")
	if err != nil {
		return nil, err
	}
	a := &PrometheusAgent{URL: "http://" + Loopback(port), config: filepath.Join(dir, "prometheus.yml")}
	if err := a.write(config); err != nil {
		return nil, err
	}
	a.Process, err = env.start(ctx, binaries.Prometheus, supervise.Spec{
		Name: "prometheus-agent",
		Args: []string{
			"--agent", "--config.file=" + a.config, "--storage.agent.path=" + filepath.Join(dir, "wal"),
			"--web.listen-address=" + Loopback(port), "--log.level=warn", "--web.enable-lifecycle",
		},
		Ready: AnswersOK(plainClient(), a.URL+"/-/ready"),
	})
	if err != nil {
		return nil, fmt.Errorf("starting the Prometheus agent: %w", err)
	}
	return a, nil
}

// Configure replaces the configuration of the running agent. One that it refuses is an error with its reason, and it goes on with the
// former one.
func (a *PrometheusAgent) Configure(ctx context.Context, config []byte) error {
	if err := a.write(config); err != nil {
		return err
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, a.URL+"/-/reload", nil)
	if err != nil {
		return fmt.Errorf("configuring the Prometheus agent: %w", err)
	}
	resp, err := plainClient().Do(req)
	if err != nil {
		return fmt.Errorf("configuring the Prometheus agent: %w", err)
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		reason, _ := io.ReadAll(io.LimitReader(resp.Body, 4<<10)) // the status tells enough if the reason is cut off
		return fmt.Errorf("configuring the Prometheus agent: %s: %s", resp.Status, bytes.TrimSpace(reason))
	}
	return nil
}

func (a *PrometheusAgent) write(config []byte) error {
	if err := os.WriteFile(a.config, config, 0o600); err != nil {
		return fmt.Errorf("configuring the Prometheus agent: %w", err)
	}
	return nil
}
