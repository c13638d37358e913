package usage_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"tollgate.dev/tollgate/metering/usage"
)

// TestEqualQuestionsAreAskedOnce: callers who want the same at the same time share
// one answer, and never with another tenant or another organization.
func TestEqualQuestionsAreAskedOnce(t *testing.T) {
	t.Parallel()
	value := map[string]int64{"tenant-a": 3, "tenant-b": 5}
	var mu sync.Mutex
	asked := map[string]int{}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		tenant := req.Header.Get("X-Scope-OrgID")
		mu.Lock()
		asked[tenant]++
		mu.Unlock()
		w.Header().Set("Content-Type", "application/json")
		fmt.Fprintf(w, `{"status":"success","data":{"resultType":"matrix","result":[
			{"metric":{"ai_consumer":"acme.a.b.c","ai_model":"m"},"values":[[%[1]s,"%[2]d"]]},
			{"metric":{"ai_consumer":"globex.a.b.c","ai_model":"m"},"values":[[%[1]s,"%[2]d"]]}]},"infos":["might not be a counter"]}`,
			req.FormValue("end"), value[tenant])
	}))
	t.Cleanup(server.Close)
	until := time.Date(2026, 11, 20, 12, 30, 0, 0, time.UTC)
	r := newReader(t, server.URL, func(o *usage.Options) { o.Now = func() time.Time { return until } })
	k := usage.Key{Project: "a", Group: "b", User: "c", Model: "m"}
	var wg sync.WaitGroup
	for range 30 {
		for tenant, n := range value {
			wg.Go(func() {
				got, err := r.Totals(t.Context(), usage.Query{Tenant: tenant, Organization: "acme", Since: until.Add(-10 * time.Minute), Until: until})
				if err != nil {
					t.Error(err)
					return
				}
				if diff := cmp.Diff(map[usage.Key]usage.Counters{k: equal(n)}, byKey(got[0].Rows)); diff != "" {
					t.Errorf("tenant %s: %s", tenant, diff)
				}
			})
		}
	}
	wg.Wait()
	if diff := cmp.Diff(map[string]int{"tenant-a": 4, "tenant-b": 4}, asked); diff != "" {
		t.Errorf("questions, one for each counter: %s", diff)
	}
	// The same tenant for another organization is another question.
	got, err := r.Totals(t.Context(), usage.Query{Tenant: "tenant-a", Organization: "globex", Since: until.Add(-10 * time.Minute), Until: until})
	if err != nil || byKey(got[0].Rows)[k] != equal(3) {
		t.Errorf("%v, %v", got, err)
	}
	if asked["tenant-a"] != 8 {
		t.Errorf("asked %d times", asked["tenant-a"])
	}
}
