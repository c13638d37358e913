package metrics_test

import (
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/prometheus/client_golang/prometheus"

	"tollgate.dev/tollgate/cmd/tollgate/internal/metrics"
)

// TestEveryMetricIsDocumented: docs/operations.md names each, and no other.
func TestEveryMetricIsDocumented(t *testing.T) {
	t.Parallel()
	described := make(chan *prometheus.Desc, 1000)
	for _, c := range []prometheus.Collector{
		metrics.New().Collector(), metrics.NewController(nil), metrics.NewWebhook(), metrics.NewObjects(nil), metrics.NewWebhookState(metrics.WebhookState{}),
	} {
		c.Describe(described)
	}
	close(described)
	have := map[string]bool{}
	for d := range described {
		have[regexp.MustCompile(`fqName: "([^"]*)"`).FindStringSubmatch(d.String())[1]] = true
	}
	document, err := os.ReadFile(filepath.Join("..", "..", "..", "..", "docs", "operations.md"))
	if err != nil {
		t.Fatal(err)
	}
	said := map[string]bool{}
	for _, m := range regexp.MustCompile(`\btollgate_[a-z_]*[a-z]`).FindAllString(string(document), -1) {
		if base := regexp.MustCompile(`_(count|sum|bucket)$`).ReplaceAllString(m, ""); have[base] {
			m = base // of a histogram
		}
		said[m] = true
	}
	if diff := cmp.Diff(slices.Sorted(maps.Keys(have)), slices.Sorted(maps.Keys(said))); diff != "" {
		t.Errorf("metrics in docs/operations.md (-served +documented):\n%s", diff)
	}
}
