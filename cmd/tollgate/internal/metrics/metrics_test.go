package metrics

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus/testutil"

	"tollgate.dev/tollgate/metering/ledger"
)

type known struct{}

func (known) Synced() map[string]bool  { return map[string]bool{"projects": true, "pricetables": false} }
func (known) Counts() map[string]int   { return map[string]int{"projects": 3} }
func (known) Built() (time.Time, bool) { return time.Time{}, false }

func TestMetrics(t *testing.T) {
	t.Parallel()
	m := New()
	if err := m.Register(NewObjects(known{})); err != nil {
		t.Fatal(err)
	}
	m.Observe("nodes", "ok", time.Millisecond)
	m.Mimir("5xx", time.Second)
	m.Answered("budgets", 10_000, time.Second)
	m.Swept(ledger.Swept{Expired: 2, Forgotten: 1}, nil)
	m.Swept(ledger.Swept{}, errors.New("away"))
	m.Backend("redis-default", true)
	m.Backend("mimir", false)
	want := `
# HELP tollgate_backend_up 1 when the backend answered the last check, else 0.
# TYPE tollgate_backend_up gauge
tollgate_backend_up{backend="mimir"} 0
tollgate_backend_up{backend="redis-default"} 1
# HELP tollgate_objects How many objects of this kind are known.
# TYPE tollgate_objects gauge
tollgate_objects{kind="projects"} 3
# HELP tollgate_objects_synced 1 when the objects of this kind have been read.
# TYPE tollgate_objects_synced gauge
tollgate_objects_synced{kind="pricetables"} 0
tollgate_objects_synced{kind="projects"} 1
# HELP tollgate_swept_holds_total Holds that sweeps charged in full (expired) or forgot.
# TYPE tollgate_swept_holds_total counter
tollgate_swept_holds_total{what="expired"} 2
tollgate_swept_holds_total{what="forgotten"} 1
# HELP tollgate_sweeps_total Sweeps of an organization's ledger for holds past their deadline, by outcome.
# TYPE tollgate_sweeps_total counter
tollgate_sweeps_total{outcome="error"} 1
tollgate_sweeps_total{outcome="ok"} 1
`
	names := []string{"tollgate_backend_up", "tollgate_objects", "tollgate_objects_synced", "tollgate_swept_holds_total", "tollgate_sweeps_total"}
	if err := testutil.GatherAndCompare(m.Gatherer(), strings.NewReader(want), names...); err != nil {
		t.Error(err)
	}
	for _, name := range []string{"tollgate_ledger_call_duration_seconds", "tollgate_mimir_request_duration_seconds", "tollgate_list_rows", "tollgate_list_duration_seconds"} {
		if n, err := testutil.GatherAndCount(m.Gatherer(), name); err != nil || n != 1 {
			t.Errorf("%s: %d, %v", name, n, err)
		}
	}
	problems, err := testutil.GatherAndLint(m.Gatherer())
	if err != nil || len(problems) > 0 {
		t.Errorf("%v %v", problems, err)
	}
}
