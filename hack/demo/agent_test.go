package main

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"tollgate.dev/tollgate/hack/cluster/clustertest"
)

// TestEachTenantGetsItsOwnSeries scrapes and forwards with a real agent into a real Mimir.
func TestEachTenantGetsItsOwnSeries(t *testing.T) {
	t.Parallel()
	m := clustertest.Mimir(t)
	gateway := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		for _, consumer := range []string{"acme.chat.engineers.bob", "acmex.chat.engineers.eve", "x.acme.engineers.eve", "globex.chat.a.b", "none"} {
			fmt.Fprintf(w, "calls{ai_consumer=%q} 1\n", consumer)
		}
	}))
	defer gateway.Close()
	config, err := agentConfig(m.PushURL, []string{gateway.Listener.Addr().String()}, []tenant{
		{organization: "acme", mimir: "acme-metrics"}, {organization: "globex", mimir: "globex"},
	})
	if err != nil {
		t.Fatal(err)
	}
	clustertest.PrometheusAgent(t, config)

	// The last series of a scrape to arrive is anybody's guess; what must not be there is judged when the rest is.
	want := map[string][]string{
		"acme-metrics": {"calls acme.chat.engineers.bob", "up "},
		"globex":       {"calls globex.chat.a.b", "up "},
		restTenant:     {"calls acmex.chat.engineers.eve", "calls none", "calls x.acme.engineers.eve", "up "},
	}
	deadline := time.Now().Add(5 * time.Minute)
	for tenant := range want {
		for {
			diff := cmp.Diff(want[tenant], series(t, m.PrometheusURL, tenant))
			if diff == "" {
				break
			}
			if time.Now().After(deadline) {
				t.Fatalf("tenant %s (-want +got):\n%s", tenant, diff)
			}
			time.Sleep(100 * time.Millisecond)
		}
	}
}

// series lists a tenant's series of interest as "name consumer".
func series(t *testing.T, base, tenant string) []string {
	t.Helper()
	query := url.QueryEscape(`{__name__=~"calls|up"}`)
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, base+"/api/v1/query?query="+query, nil)
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("X-Scope-OrgID", tenant)
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return []string{err.Error()} // which is no series that anybody waits for
	}
	defer resp.Body.Close()
	var answer struct {
		Data struct {
			Result []struct{ Metric map[string]string }
		}
	}
	if err := json.NewDecoder(resp.Body).Decode(&answer); err != nil {
		return []string{resp.Status, err.Error()}
	}
	var all []string
	for _, r := range answer.Data.Result {
		all = append(all, r.Metric["__name__"]+" "+r.Metric["ai_consumer"])
	}
	slices.Sort(all)
	return all
}
