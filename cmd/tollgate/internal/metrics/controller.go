package metrics

import (
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"tollgate.dev/tollgate/controller/limits"
)

// Controller counts what `tollgate controller` writes. It may be used from many
// goroutines.
type Controller struct {
	writes   *prometheus.CounterVec
	failures *prometheus.CounterVec
	last     *prometheus.GaugeVec
	invalid  *prometheus.GaugeVec
	statuses *prometheus.CounterVec
	now      func() time.Time
}

var _ limits.Observer = (*Controller)(nil)

// NewController returns metrics that are registered nowhere. Now is time.Now.
func NewController(now func() time.Time) *Controller {
	byLedger := []string{"organization", "ledger"}
	return &Controller{
		now: now,
		writes: prometheus.NewCounterVec(prometheus.CounterOpts{
			Namespace: namespace, Subsystem: "limits", Name: "writes_total",
			Help: "Attempts to write an organization's limits to its ledger, by cause and outcome.",
		}, []string{"ledger", "cause", "outcome"}),
		failures: prometheus.NewCounterVec(prometheus.CounterOpts{
			Namespace: namespace, Subsystem: "limits", Name: "check_failures_total",
			Help: "Times a ledger could not be asked whether it still has an organization's limits.",
		}, []string{"ledger"}),
		last: prometheus.NewGaugeVec(prometheus.GaugeOpts{
			Namespace: namespace, Subsystem: "limits", Name: "written_timestamp_seconds",
			Help: "When an organization's limits were last written whole, in seconds since 1970; they are every ten minutes.",
		}, byLedger),
		invalid: prometheus.NewGaugeVec(prometheus.GaugeOpts{
			Namespace: namespace, Subsystem: "limits", Name: "invalid_budgets",
			Help: "Budgets of an organization that cannot be written; the ledger keeps what it had for them.",
		}, byLedger),
		statuses: prometheus.NewCounterVec(prometheus.CounterOpts{
			Namespace: namespace, Name: "status_writes_total",
			Help: "Attempts to write the status of an object, by kind and outcome.",
		}, []string{"kind", "outcome"}),
	}
}

func (c *Controller) all() []prometheus.Collector {
	return []prometheus.Collector{c.writes, c.failures, c.last, c.invalid, c.statuses}
}

// Describe implements prometheus.Collector.
func (c *Controller) Describe(ch chan<- *prometheus.Desc) {
	for _, one := range c.all() {
		one.Describe(ch)
	}
}

// Collect implements prometheus.Collector.
func (c *Controller) Collect(ch chan<- prometheus.Metric) {
	for _, one := range c.all() {
		one.Collect(ch)
	}
}

// Wrote counts an attempt to write limits.
func (c *Controller) Wrote(organization, ledger string, cause limits.Cause, w limits.Written, err error) {
	c.writes.WithLabelValues(ledger, string(cause), outcome(err)).Inc()
	if err != nil {
		return
	}
	c.last.WithLabelValues(organization, ledger).Set(float64(c.now().UnixMilli()) / 1000)
	c.invalid.WithLabelValues(organization, ledger).Set(float64(len(w.Problems)))
}

// Checked counts a ledger that could not be asked.
func (c *Controller) Checked(_, ledger string, _ error) {
	c.failures.WithLabelValues(ledger).Inc()
}

// Forgot drops the series of an organization.
func (c *Controller) Forgot(organization, ledger string) {
	c.last.DeleteLabelValues(organization, ledger)
	c.invalid.DeleteLabelValues(organization, ledger)
}

// StatusWritten counts an attempt to write a status.
func (c *Controller) StatusWritten(kind string, err error) {
	c.statuses.WithLabelValues(kind, outcome(err)).Inc()
}

func outcome(err error) string {
	if err != nil {
		return "error"
	}
	return "ok"
}
