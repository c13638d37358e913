package metrics

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus/testutil"

	"tollgate.dev/tollgate/controller/limits"
	"tollgate.dev/tollgate/metering/terms"
)

func TestControllerMetrics(t *testing.T) {
	t.Parallel()
	m := New()
	c := NewController(func() time.Time { return time.UnixMilli(1_790_000_000_500) })
	if err := m.Register(c); err != nil {
		t.Fatal(err)
	}
	c.Wrote("acme", "default", limits.Started, limits.Written{Problems: make([]terms.Problem, 2)}, nil)
	c.Wrote("acme", "default", limits.Changed, limits.Written{}, errors.New("away"))
	c.Wrote("globex", "second", limits.Deleted, limits.Written{}, nil)
	c.Forgot("globex", "second")
	c.Checked("acme", "default", errors.New("away"))
	c.StatusWritten("Project", nil)
	want := `
# HELP tollgate_limits_check_failures_total Times a ledger could not be asked whether it still has an organization's limits.
# TYPE tollgate_limits_check_failures_total counter
tollgate_limits_check_failures_total{ledger="default"} 1
# HELP tollgate_limits_invalid_budgets Budgets of an organization that cannot be written; the ledger keeps what it had for them.
# TYPE tollgate_limits_invalid_budgets gauge
tollgate_limits_invalid_budgets{ledger="default",organization="acme"} 2
# HELP tollgate_limits_writes_total Attempts to write an organization's limits to its ledger, by cause and outcome.
# TYPE tollgate_limits_writes_total counter
tollgate_limits_writes_total{cause="Changed",ledger="default",outcome="error"} 1
tollgate_limits_writes_total{cause="Deleted",ledger="second",outcome="ok"} 1
tollgate_limits_writes_total{cause="Started",ledger="default",outcome="ok"} 1
# HELP tollgate_limits_written_timestamp_seconds When an organization's limits were last written whole, in seconds since 1970; they are every ten minutes.
# TYPE tollgate_limits_written_timestamp_seconds gauge
tollgate_limits_written_timestamp_seconds{ledger="default",organization="acme"} 1.7900000005e+09
# HELP tollgate_status_writes_total Attempts to write the status of an object, by kind and outcome.
# TYPE tollgate_status_writes_total counter
tollgate_status_writes_total{kind="Project",outcome="ok"} 1
`
	if err := testutil.GatherAndCompare(m.Gatherer(), strings.NewReader(want)); err != nil {
		t.Error(err)
	}
	problems, err := testutil.GatherAndLint(m.Gatherer())
	if err != nil || len(problems) > 0 {
		t.Errorf("%v %v", problems, err)
	}
}
