package apiserver_test

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
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
	// Longer than any test here: one asks while Mimir stands still.
	r := start(t, rig.Options{Mimir: true, Objects: []byte(wantsTooMuch), Args: []string{"--mimir-timeout=8m", "--request-timeout=10m"}})
	called(t, r, "acme", "acme.chat.engineers.bob", "gpt-4o", 3, 1_000_000, 200_000)
	called(t, r, "acme", "acme.search.indexers.crawler", "text-embedding-3-small", 1, 5_000_000, 0)
	called(t, r, "globex", "globex.chat.scientists.mindy", "gpt-4o", 2, 1000, 1000)
	// In acme's tenant, but not acme's: nobody's row.
	called(t, r, "acme", "globex.chat.scientists.mindy", "gpt-4o", 9, 9, 9)

	t.Run("rows", func(t *testing.T) {
		usageIs(t, r, "window=1h")
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
		if out, _ := run(t, k, "get", "usage", "-n", "acme-chat", "--field-selector", "by=model,top=5,window=1h", "-o", usageRows); out != "acme-chat   gpt-4o 3 1200000 4.50\n" {
			t.Errorf("alice's models: %q", out)
		}
		described(t, k, []string{"Total Tokens:", "1200000", "4.50"}, "usage", "-n", "acme-chat")
		refused(t, k, []string{"Forbidden", `User "alice" cannot list`}, "get", "usage", "-A")
		refused(t, k, []string{"Forbidden", `User "alice" cannot list`}, "get", "usage", "-n", "globex-research")
	})
	t.Run("reading only", func(t *testing.T) { onlyRead(t, r, "Usage", "usages", "acme-chat", "chat") })
	t.Run("explain", func(t *testing.T) {
		explained(t, r, map[string]string{
			"usages.status":      "Status is what was counted",
			"usages.status.cost": "Cost in US dollars, estimated",
			"usage.spec":         "Spec says what the row counts",
		})
	})
	t.Run("OpenAPI", func(t *testing.T) { openAPI(t, r) })
	t.Run("pages", func(t *testing.T) { usagePages(t, r) })
	t.Run("described and drawn", func(t *testing.T) { usageOfOne(t, r) })
	t.Run("sort-by", func(t *testing.T) {
		callers := column(t, r, 1, "get", "usage", "-A", "--field-selector", "window=1h", "--sort-by=.status.cost")
		if diff := cmp.Diff([]string{"chat.scientists.mindy", "search.indexers.crawler", "chat.engineers.bob"}, callers); diff != "" {
			t.Error(diff)
		}
	})
	t.Run("bad input", func(t *testing.T) {
		for selector, part := range map[string]string{
			"windows=1h":                 `"windows" is not known`,
			"window=yesterday":           "window=yesterday is not understood: give a duration such as 90m",
			"window=1h,since=2026-01-01": "window is given together with since or until",
			"top=many":                   "give a whole number from 1 to 1000",
			"top=1,top=2":                `"top" is given twice`,
			"by=colour":                  "allowed are project, group, user and model",
			"by!=user":                   `"by" is compared with "!="`,
			"since=2026-01-01":           "(RFC 3339)",
			"since=2026-02-01T00:00:00Z,until=2026-01-01T00:00:00Z": "is not before until=2026-01-01T00:00:00Z: exchange them",
		} {
			refused(t, r.Admin, []string{"BadRequest", part}, "get", "usage", "-A", "--field-selector", selector)
		}
		refused(t, r.Admin, []string{"BadRequest", `"level" is not known`, "organization, project, group, user"}, "get", "usage", "-A", "-l", "level=User")
		refused(t, r.Admin, []string{"NotFound", `"missing" not found`}, "get", "usage", "missing", "-n", "acme-chat")
	})
	t.Run("Mimir killed", func(t *testing.T) {
		if err := r.Mimir.Kill(); err != nil {
			t.Fatal(err)
		}
		out, errs := run(t, r.Admin, "get", "usage", "-n", "acme-search", "--field-selector", "since=2026-03-01T00:00:00Z,until=2026-03-02T00:00:00Z")
		if !strings.Contains(out, "?") || !strings.Contains(errs, "Warning:") {
			t.Errorf("rows without numbers and a warning are missing: %s %s", out, errs)
		}
		tellsNoAddress(t, r)
		nothingKnownSorted(t, r)
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
		answers(t, admin, r.URL+"/backends/mimir", "ok")
		usageIs(t, r, "window=61m") // which nobody has asked for, so that nothing is remembered
	})
	// Behind the others, because they add rows.
	t.Run("sort-by with unknown rows", func(t *testing.T) { usageSorted(t, r) })
	t.Run("odd prices", func(t *testing.T) { oddPrices(t, r) })
	// Last, because it ends the server.
	t.Run("arriving while others drain", func(t *testing.T) { draining(t, r) })
}

// usageIs waits for the rows of what was called.
func usageIs(t *testing.T, r *rig.Rig, window string) {
	t.Helper()
	eventually(t, func(ctx context.Context) error {
		out, _, err := r.Admin.Run(ctx, "get", "usage", "-A", "--field-selector", window, "-o", usageRows)
		want := "acme-chat chat bob gpt-4o 3 1200000 4.50\n" +
			"acme-search search crawler text-embedding-3-small 1 5000000 0.10\n" +
			"globex-research chat mindy gpt-4o 2 2000 0.0125\n"
		if diff := cmp.Diff(want, out); err == nil && diff != "" {
			return fmt.Errorf("usage: %s", diff)
		}
		return err
	})
}

// usageOfOne describes one row, and expects its last hours to be drawn, in which
// something was called just now.
func usageOfOne(t *testing.T, r *rig.Rig) {
	t.Helper()
	name, _ := run(t, r.Admin, "get", "usage", "-n", "acme-chat", "--field-selector", "window=1h", "-o", "jsonpath={.items[0].metadata.name}")
	described(t, r.Admin, []string{"Name:         " + name, "Total Tokens:", "1200000", "Cost:", "4.50", "Activity:", "Events:"}, "usage", name, "-n", "acme-chat")
	out, _ := run(t, r.Admin, "get", "usage", "-n", "acme-chat", "--field-selector", "window=1h", "-o", "wide", "--no-headers")
	fields := strings.Fields(out)
	hours := fields[len(fields)-1]
	if n := len([]rune(hours)); n < 24 || n > 25 || !strings.Contains(hours, "█") || strings.Trim(hours, "·▁▂▃▄▅▆▇█") != "" {
		t.Errorf("the last hours are drawn as %q in\n%s", hours, out)
	}
}

// usagePages expects that kubectl's pages are the whole list.
func usagePages(t *testing.T, r *rig.Rig) {
	t.Helper()
	args := []string{"get", "usage", "-A", "--field-selector", "since=1h", "-o", "name"}
	whole, _ := run(t, r.Admin, append(args, "--chunk-size=0")...)
	paged, _ := run(t, r.Admin, append(args, "--chunk-size=1")...)
	if diff := cmp.Diff(whole, paged); diff != "" || strings.Count(whole, "\n") != 3 {
		t.Errorf("pages differ (-whole +pages):\n%s\nof\n%s", diff, whole)
	}
}

// tellsNoAddress expects that a user with one namespace learns that Mimir does
// not answer, and the server's log where it should have been.
func tellsNoAddress(t *testing.T, r *rig.Rig) {
	t.Helper()
	k := kubectl(t, r, alice())
	mimir, err := url.Parse(r.Mimir.PrometheusURL)
	if err != nil {
		t.Fatal(err)
	}
	const window = "since=2026-03-03T00:00:00Z,until=2026-03-04T00:00:00Z"
	table, tableErrs := run(t, k, "get", "usage", "-n", "acme-chat", "--field-selector", window)
	object, objectErrs := run(t, k, "get", "usage", "-n", "acme-chat", "--field-selector", window, "-o", "json")
	var byName string // of this month, of which something may still be remembered
	eventually(t, func(ctx context.Context) error {
		out, errs, err := k.Run(ctx, "get", "usage", "chat.engineers.bob.aaaaaaaaaa", "-n", "acme-chat")
		if err == nil {
			t.Fatalf("there is no such row: %s", out)
		}
		if byName = errs; !strings.Contains(errs, "ServiceUnavailable") {
			return fmt.Errorf("get by name: %s", errs)
		}
		return nil
	})
	for what, text := range map[string]string{
		"the table's warning":  tableErrs,
		"the object's warning": objectErrs,
		"the object":           object,
		"a get by name":        byName,
	} {
		for _, part := range []string{"refuses connections", "ask the platform's administrators"} {
			if !strings.Contains(text, part) {
				t.Errorf("%s does not say %q: %s", what, part, text)
			}
		}
		for _, hidden := range []string{mimir.Hostname(), ":" + mimir.Port(), "dial", "lookup", "prometheus", "http"} {
			if strings.Contains(text, hidden) {
				t.Errorf("%s tells %q: %s", what, hidden, text)
			}
		}
	}
	if !strings.Contains(table, "?") {
		t.Errorf("no row without numbers: %s", table)
	}
	log, err := os.ReadFile(filepath.Join(r.Env.Dir, "tollgate.log"))
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(string(log), `"Reading usage failed" organization="acme"`) || !strings.Contains(string(log), mimir.Host+": connect: connection refused") {
		t.Error("the server's log does not say where Mimir was looked for")
	}
}
