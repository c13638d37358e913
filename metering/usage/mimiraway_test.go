package usage_test

import (
	"errors"
	"testing"
	"time"

	"tollgate.dev/tollgate/hack/cluster/clustertest"
	"tollgate.dev/tollgate/metering/usage"
)

// TestMimirComesAndGoes kills, restarts and pauses a real Mimir: what is not known
// is an error, what was counted is still known, and all heals.
func TestMimirComesAndGoes(t *testing.T) {
	t.Parallel()
	m := clustertest.Mimir(t)
	end := time.Now().Add(-3 * time.Hour).Truncate(time.Hour)
	push(t, m, "tenant", scraped(end, []float64{1, 1, 1}, map[usage.Key][]float64{user("alice"): {-1, 1, 5}}))
	r := newReader(t, m.PrometheusURL, nil)
	hurried := newReader(t, m.PrometheusURL, func(o *usage.Options) { o.Timeout = time.Second })
	count := func(r *usage.Reader, minutes int) (usage.Counters, error) {
		got, err := r.Totals(t.Context(), usage.Query{Tenant: "tenant", Organization: "acme", Since: end.Add(-time.Duration(minutes) * time.Minute), Until: end})
		if err != nil {
			return usage.Counters{}, err
		}
		return byKey(got[0].Rows)[user("alice")], nil
	}
	want := func(minutes int) {
		t.Helper()
		if c, err := count(r, minutes); err != nil || c != equal(5) {
			t.Errorf("window of %d minutes: %v, %v", minutes, c, err)
		}
	}
	heals := func(minutes int) {
		t.Helper()
		for deadline := time.Now().Add(3 * time.Minute); ; time.Sleep(50 * time.Millisecond) {
			if _, err := count(r, minutes); err == nil || time.Now().After(deadline) {
				want(minutes)
				return
			}
		}
	}
	fails := func(r *usage.Reader, minutes int, kind usage.Kind) {
		t.Helper()
		var e *usage.Error
		if c, err := count(r, minutes); !errors.As(err, &e) || e.Kind != kind {
			t.Errorf("window of %d minutes: %v, %v; want %s", minutes, c, err, kind)
		}
	}
	want(10)
	if err := m.Kill(); err != nil {
		t.Fatal(err)
	}
	want(10)
	fails(r, 11, usage.Unreachable)
	if err := m.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	heals(11)
	if err := m.Pause(); err != nil {
		t.Fatal(err)
	}
	want(11)
	fails(hurried, 12, usage.Timeout)
	if err := m.Resume(); err != nil {
		t.Fatal(err)
	}
	heals(12)
}
