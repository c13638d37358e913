package traffic

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"tollgate.dev/tollgate/controller/limits"
	"tollgate.dev/tollgate/hack/cluster"
	"tollgate.dev/tollgate/hack/cluster/clustertest"
	"tollgate.dev/tollgate/metering/ledger"
	"tollgate.dev/tollgate/metering/usage"
)

// TestUsageEqualsWhatWasCounted runs the whole way of a number: simulated users
// pay on a real ledger, the simulated gateway counts, a real agent scrapes it and
// forwards to a real Mimir by organization, and the reader adds up. Nobody may call
// before the first scrape, so every request, a user's very first one included, has
// to come out, exactly.
func TestUsageEqualsWhatWasCounted(t *testing.T) {
	t.Parallel()
	s := examples(t)
	mimir := clustertest.Mimir(t)
	client := clustertest.Redis(t).Client()
	defer client.Close()
	l := ledger.New(client, ledger.WithPatience(time.Minute))
	quiet := slog.New(slog.NewTextHandler(io.Discard, nil))

	address := freeAddress(t)
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	ended := make(chan error, 1)
	go func() {
		ended <- Run(ctx, Options{Specs: fixedSpecs{s}, Ledger: l, Listen: address, Pause: 20 * time.Millisecond, Refresh: time.Minute, Log: quiet})
	}()
	env := clustertest.NewEnv(t)
	_, err := cluster.StartPrometheusAgent(t.Context(), env, []byte(agentConfig(address, mimir.PushURL, "acme", "globex")))
	if err != nil {
		t.Fatal(err)
	}
	reader, err := usage.NewReader(usage.Options{Address: mimir.PrometheusURL, Lag: time.Second})
	if err != nil {
		t.Fatal(err)
	}
	for _, organization := range []string{"acme", "globex"} {
		eventually(t, "the agent has scraped a gateway that nobody has called", func() error {
			return scraped(t.Context(), mimir, organization)
		})
	}
	if err := limits.WriteAll(t.Context(), l, s.Directory, time.Now()); err != nil {
		t.Fatal(err)
	}
	eventually(t, "some hundred requests were answered", func() error {
		if n := answered(get("http://" + address + "/metrics")); n < 300 {
			return fmt.Errorf("%d", n)
		}
		return nil
	})
	if err := client.FlushAll(t.Context()).Err(); err != nil { // without limits every call is refused: the counters stand still
		t.Fatal(err)
	}
	for _, organization := range []string{"acme", "globex"} {
		eventually(t, "usage of "+organization+" is what the gateway counted", func() error {
			want := counters(get("http://"+address+"/metrics"), organization) // a call that was let in before may still have to be counted
			if len(want) == 0 {
				return errors.New("the gateway does not answer")
			}
			until := time.Now().Truncate(time.Second)
			slices, err := reader.Totals(t.Context(), usage.Query{Tenant: organization, Organization: organization, Since: until.Add(-10 * time.Minute), Until: until})
			if err != nil {
				return err
			}
			got := map[usage.Key]usage.Counters{}
			for _, r := range slices[0].Rows {
				got[r.Key.Value()] = r.Counters
			}
			if diff := cmp.Diff(want, got); diff != "" {
				return fmt.Errorf("%s", diff)
			}
			return nil
		})
	}
	stop()
	if err := <-ended; err != nil {
		t.Error(err)
	}
}

// agentConfig scrapes one gateway every five seconds and forwards to each organization
// its own series and the targets' up. As long may a scrape take, on a busy machine.
func agentConfig(gateway, push string, organizations ...string) string {
	c := fmt.Sprintf("global: {scrape_interval: 5s, scrape_timeout: 5s}\nscrape_configs:\n- job_name: higress-gateway\n  static_configs: [{targets: [%q]}]\nremote_write:\n", gateway)
	for _, o := range organizations {
		c += fmt.Sprintf(`- name: %[1]s
  url: %[2]s
  headers: {X-Scope-OrgID: %[1]s}
  queue_config: {batch_send_deadline: 200ms}
  write_relabel_configs:
  - {source_labels: [__name__, ai_consumer], regex: 'up;|[^;]*;%[1]s\..*', action: keep}
`, o, push)
	}
	return c
}

// scraped tells whether a tenant has it that a scrape succeeded.
func scraped(ctx context.Context, m *cluster.Mimir, tenant string) error {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, m.PrometheusURL+"/api/v1/query?query=up==1", nil)
	if err != nil {
		return err
	}
	req.Header.Set("X-Scope-OrgID", tenant)
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	answer, err := io.ReadAll(resp.Body)
	if err != nil {
		return err
	}
	if !strings.Contains(string(answer), `"job":"higress-gateway"`) {
		return fmt.Errorf("nothing is up for tenant %s: %s", tenant, answer)
	}
	return nil
}

func eventually(t *testing.T, what string, check func() error) {
	t.Helper()
	deadline := time.Now().Add(5 * time.Minute)
	for {
		err := check()
		if err == nil {
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("%s: %v", what, err)
		}
		time.Sleep(200 * time.Millisecond)
	}
}

// answered adds up the requests of an exposition.
func answered(text string) int64 {
	var sum int64
	for _, organization := range []string{"acme", "globex"} {
		for _, c := range counters(text, organization) {
			sum += c.Requests
		}
	}
	return sum
}

// counters reads an exposition back.
func counters(text, organization string) map[usage.Key]usage.Counters {
	line := regexp.MustCompile(`(?m)^route_upstream_model_consumer_metric_(\w+)\{ai_route="[^"]*",ai_cluster="([^"]*)",ai_model="([^"]*)",ai_consumer="([^"]*)"\} (\d+)$`)
	out := map[usage.Key]usage.Counters{}
	for _, m := range line.FindAllStringSubmatch(text, -1) {
		parts := strings.Split(m[4], ".")
		if parts[0] != organization {
			continue
		}
		n, err := strconv.ParseInt(m[5], 10, 64)
		if err != nil {
			continue
		}
		k := usage.Key{Project: parts[1], Group: parts[2], User: parts[3], Model: m[3], Cluster: m[2]}
		c := out[k]
		switch m[1] {
		case "llm_duration_count":
			c.Requests = n
		case "input_token":
			c.Input = n
		case "output_token":
			c.Output = n
		case "total_token":
			c.Total = n
		}
		out[k] = c
	}
	return out
}
