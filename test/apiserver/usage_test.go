package apiserver_test

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"tollgate.dev/tollgate/hack/cluster"
	"tollgate.dev/tollgate/test/apiserver/rig"
)

// called pushes the counters of one user and model as a gateway pod had them in
// the last minutes: first none, then the user's first call.
func called(t *testing.T, r *rig.Rig, tenant, consumer, model string, requests, input, output float64) {
	t.Helper()
	now := time.Now().Truncate(15 * time.Second)
	at := func(values ...float64) []cluster.Sample {
		var s []cluster.Sample
		for i, v := range values {
			if v >= 0 {
				s = append(s, cluster.Sample{Time: now.Add(time.Duration(i-len(values)) * 15 * time.Second), Value: v})
			}
		}
		return s
	}
	series := []cluster.Series{{Labels: map[string]string{"__name__": "up", "job": "gateway", "instance": "pod:1"}, Samples: at(1, 1, 1, 1, 1, 1)}}
	for name, value := range map[string]float64{"input_token": input, "output_token": output, "total_token": input + output, "llm_duration_count": requests} {
		series = append(series, cluster.Series{Samples: at(-1, -1, value, value, value, value), Labels: map[string]string{
			"__name__": "route_upstream_model_consumer_metric_" + name, "job": "gateway", "instance": "pod:1",
			"ai_route": "chat", "ai_cluster": "outbound|443||llm-openai.internal.dns", "ai_model": model, "ai_consumer": consumer,
		}})
	}
	if err := r.Mimir.Push(t.Context(), tenant, series...); err != nil {
		t.Fatal(err)
	}
}

const usageRows = `jsonpath={range .items[*]}{.metadata.namespace} {.spec.project} {.spec.user} {.spec.model} {.status.requests} {.status.totalTokens} {.status.cost}{"\n"}{end}`

// TestUsage serves usage from a real Mimir, and without it.
func TestUsage(t *testing.T) {
	t.Parallel()
	r := start(t, rig.Options{Mimir: true})
	called(t, r, "acme", "acme.chat.engineers.bob", "gpt-4o", 3, 1_000_000, 200_000)
	called(t, r, "acme", "acme.search.indexers.crawler", "text-embedding-3-small", 1, 5_000_000, 0)
	called(t, r, "globex", "globex.chat.scientists.mindy", "gpt-4o", 2, 1000, 1000)
	// In acme's tenant, but not acme's: nobody's row.
	called(t, r, "acme", "globex.chat.scientists.mindy", "gpt-4o", 9, 9, 9)

	t.Run("rows", func(t *testing.T) {
		eventually(t, func(ctx context.Context) error {
			out, _, err := r.Admin.Run(ctx, "get", "usage", "-A", "--field-selector", "window=1h", "-o", usageRows)
			want := "acme-chat chat bob gpt-4o 3 1200000 4.50\n" +
				"acme-search search crawler text-embedding-3-small 1 5000000 0.10\n" +
				"globex-research chat mindy gpt-4o 2 2000 0.0125\n"
			if diff := cmp.Diff(want, out); err == nil && diff != "" {
				return fmt.Errorf("usage: %s", diff)
			}
			return err
		})
		out, _ := run(t, r.Admin, "get", "usage", "-A", "--field-selector", "by=model,top=1,window=1h", "-o", `jsonpath={.items[*].spec.model}`)
		if out != "gpt-4o" {
			t.Errorf("the costliest model: %q", out)
		}
	})
	t.Run("of one namespace, as its user", func(t *testing.T) {
		k := kubectl(t, r, alice())
		out, _ := run(t, k, "get", "usage", "-n", "acme-chat", "--field-selector", "window=1h", "-o", "wide")
		if !strings.Contains(out, "bob") || strings.Contains(out, "mindy") || strings.Contains(out, "crawler") {
			t.Errorf("alice sees %s", out)
		}
		refused(t, k, []string{"Forbidden"}, "get", "usage", "-A")
	})
	t.Run("bad input", func(t *testing.T) {
		for selector, part := range map[string]string{
			"windows=1h":                 `"windows" is not known`,
			"window=yesterday":           "window",
			"window=1h,since=2026-01-01": "window",
			"top=many":                   "top",
			"by=colour":                  "by",
			"since=2026-02-01T00:00:00Z,until=2026-01-01T00:00:00Z": "since",
		} {
			refused(t, r.Admin, []string{"BadRequest", part}, "get", "usage", "-A", "--field-selector", selector)
		}
		refused(t, r.Admin, []string{"NotFound"}, "get", "usage", "missing", "-n", "acme-chat")
	})
	t.Run("Mimir killed", func(t *testing.T) {
		if err := r.Mimir.Kill(); err != nil {
			t.Fatal(err)
		}
		out, errs := run(t, r.Admin, "get", "usage", "-n", "acme-search", "--field-selector", "since=2026-03-01T00:00:00Z,until=2026-03-02T00:00:00Z")
		if !strings.Contains(out, "?") || !strings.Contains(errs, "Warning:") {
			t.Errorf("rows without numbers and a warning are missing: %s %s", out, errs)
		}
		if err := r.Ready(t.Context()); err != nil {
			t.Errorf("readyz: %v", err)
		}
		if out, _ := run(t, r.Admin, "get", "--raw", "/apis/metering.tollgate.dev/v1alpha1"); !strings.Contains(out, `"usages"`) {
			t.Errorf("discovery: %s", out)
		}
		if b := get(t, r.Admin, "acme-chat", "chat"); b.Status.State != "Active" {
			t.Errorf("budgets need no Mimir: %+v", b.Status)
		}
		admin := direct(t, r, cluster.Admin())
		if status, body := fetch(t, admin, r.URL+"/backends/mimir", "*/*"); status != http.StatusInternalServerError {
			t.Errorf("/backends/mimir: %d %s", status, body)
		}
		if err := r.Mimir.Start(t.Context()); err != nil {
			t.Fatal(err)
		}
		if status, body := fetch(t, admin, r.URL+"/backends/mimir", "*/*"); status != http.StatusOK {
			t.Errorf("/backends/mimir after it came back: %d %s", status, body)
		}
	})
}
