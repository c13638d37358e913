package main

import (
	"fmt"
	"regexp"
	"strings"
	"time"

	"sigs.k8s.io/yaml"
)

// scrapeInterval is short so that usage grows before one's eyes; a cluster scrapes once or twice a minute.
const scrapeInterval = 5 * time.Second

// restTenant receives the series of consumers that belong to no organization.
const restTenant = "unowned"

// tenant is an organization whose series go to a Mimir tenant.
type tenant struct{ organization, mimir string }

// agentConfig returns the Prometheus configuration: the gateway's metrics are scraped once and forwarded once per organization, each
// with its own series only, plus once for the rest. Every tenant also gets the targets' up series, by which usage tells a new counter
// from a new target.
func agentConfig(pushURL string, targets []string, tenants []tenant) ([]byte, error) {
	type (
		relabel struct {
			SourceLabels []string `json:"source_labels"`
			Regex        string   `json:"regex"`
			Action       string   `json:"action"`
		}
		remote struct {
			Name     string            `json:"name"`
			URL      string            `json:"url"`
			Headers  map[string]string `json:"headers"`
			Queue    map[string]string `json:"queue_config"`
			Relabels []relabel         `json:"write_relabel_configs"`
		}
	)
	labels := []string{"__name__", "ai_consumer"}
	write := func(name, tenant string, relabels ...relabel) remote {
		return remote{
			Name: name, URL: pushURL, Headers: map[string]string{"X-Scope-OrgID": tenant},
			Queue: map[string]string{"batch_send_deadline": "1s"}, Relabels: relabels,
		}
	}
	var remotes []remote
	var owned []string
	for _, t := range tenants {
		consumers := regexp.QuoteMeta(t.organization) + `\..*` // Prometheus anchors expressions at both ends
		remotes = append(remotes, write("organization "+t.organization, t.mimir, relabel{SourceLabels: labels, Regex: `up;|[^;]*;` + consumers, Action: "keep"}))
		owned = append(owned, consumers)
	}
	if len(owned) > 0 {
		remotes = append(remotes, write("no organization", restTenant, relabel{SourceLabels: labels[1:], Regex: strings.Join(owned, "|"), Action: "drop"}))
	}
	config := map[string]any{
		"global":       map[string]string{"scrape_interval": scrapeInterval.String(), "scrape_timeout": scrapeInterval.String()},
		"remote_write": remotes,
		"scrape_configs": []map[string]any{{
			"job_name": "higress-gateway", "static_configs": []map[string]any{{"targets": targets}},
		}},
	}
	out, err := yaml.Marshal(config)
	if err != nil {
		return nil, fmt.Errorf("configuring the Prometheus agent: %w", err)
	}
	return out, nil
}
