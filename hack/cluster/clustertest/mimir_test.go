package clustertest_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"testing"
	"time"

	"tollgate.dev/tollgate/hack/cluster"
	"tollgate.dev/tollgate/hack/cluster/clustertest"
)

// query returns the values of an instant query as Mimir prints them.
func query(t *testing.T, m *cluster.Mimir, tenant, promql string) []string {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, m.PrometheusURL+"/api/v1/query?query="+url.QueryEscape(promql), nil)
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("X-Scope-OrgID", tenant)
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	var answer struct {
		Status string
		Error  string
		Data   struct{ Result []struct{ Value [2]any } }
	}
	if err := json.NewDecoder(resp.Body).Decode(&answer); err != nil || answer.Status != "success" {
		t.Fatalf("query %s: %s, %v, %s", promql, resp.Status, err, answer.Error)
	}
	var values []string
	for _, r := range answer.Data.Result {
		values = append(values, fmt.Sprint(r.Value[1]))
	}
	return values
}

func TestMimirAnswersWhatWasJustPushed(t *testing.T) {
	t.Parallel()
	m := clustertest.Mimir(t)
	now := time.Now()
	labels := map[string]string{"__name__": "tokens", "user": "alice"}
	at := func(age time.Duration, value float64) cluster.Series {
		return cluster.Series{Labels: labels, Samples: []cluster.Sample{{Time: now.Add(-age), Value: value}}}
	}
	// Newest first: older samples must be taken out of order.
	for _, s := range []cluster.Series{at(0, 7), at(4*24*time.Hour, 3), at(20*time.Hour, 5)} {
		if err := m.Push(t.Context(), "acme", s); err != nil {
			t.Fatal(err)
		}
	}
	tests := []struct {
		name, tenant, promql, want string
	}{
		{name: "the present", tenant: "acme", promql: `tokens`, want: "[7]"},
		{name: "yesterday, out of order", tenant: "acme", promql: `last_over_time(tokens[2h] offset 19h)`, want: "[5]"},
		{name: "four days ago, out of order", tenant: "acme", promql: `last_over_time(tokens[2d] offset 3d)`, want: "[3]"},
		{name: "all", tenant: "acme", promql: `count_over_time(tokens[5d])`, want: "[3]"},
		{name: "another tenant sees nothing", tenant: "globex", promql: `tokens`, want: "[]"},
	}
	check := func(t *testing.T) {
		for _, tt := range tests {
			t.Run(tt.name, func(t *testing.T) {
				if got := fmt.Sprint(query(t, m, tt.tenant, tt.promql)); got != tt.want {
					t.Errorf("%s as %s: %s, want %s", tt.promql, tt.tenant, got, tt.want)
				}
			})
		}
	}
	t.Run("fresh", check)
	if err := m.Kill(); err != nil {
		t.Fatal(err)
	}
	if err := m.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	t.Run("after a kill", check)
}

func TestPrometheusAgentForwardsPerTenant(t *testing.T) {
	t.Parallel()
	m := clustertest.Mimir(t)
	target := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		fmt.Fprintln(w, "# TYPE calls counter\ncalls{consumer=\"acme.chat\"} 4\ncalls{consumer=\"globex.chat\"} 9")
	}))
	defer target.Close()
	remote := func(tenant string) string {
		return fmt.Sprintf(`- url: %s
  headers: {X-Scope-OrgID: %s}
  queue_config: {batch_send_deadline: 100ms}
  write_relabel_configs: [{source_labels: [consumer], regex: '%s\..*', action: keep}]
`, m.PushURL, tenant, tenant)
	}
	clustertest.PrometheusAgent(t, []byte(fmt.Sprintf(`
scrape_configs:
- job_name: gateway
  scrape_interval: 2s
  scrape_timeout: 2s
  static_configs: [{targets: ['%s']}]
remote_write:
%s%s`, target.Listener.Addr(), remote("acme"), remote("globex"))))
	for tenant, want := range map[string]string{"acme": "[4]", "globex": "[9]"} {
		for fmt.Sprint(query(t, m, tenant, "calls")) != want {
			select {
			case <-t.Context().Done():
				t.Fatalf("tenant %s never received its series", tenant)
			case <-time.After(100 * time.Millisecond):
			}
		}
	}
}
