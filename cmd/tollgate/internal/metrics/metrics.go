package metrics

import (
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"tollgate.dev/tollgate/metering/ledger"
)

const namespace = "tollgate"

// Metrics counts. It may be used from many goroutines.
type Metrics struct {
	registry *prometheus.Registry

	ledgerCalls *prometheus.HistogramVec
	mimirCalls  *prometheus.HistogramVec
	backendUp   *prometheus.GaugeVec
	lists       *prometheus.HistogramVec
	rows        *prometheus.HistogramVec
	sweeps      *prometheus.CounterVec
	swept       *prometheus.CounterVec
}

// New returns metrics in a registry of their own.
func New() *Metrics {
	m := &Metrics{
		registry: prometheus.NewRegistry(),
		ledgerCalls: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Namespace: namespace, Subsystem: "ledger", Name: "call_duration_seconds",
			Help:    "How long calls to the ledger took, retries included, by operation and outcome.",
			Buckets: prometheus.ExponentialBuckets(0.0005, 2, 14),
		}, []string{"op", "outcome"}),
		mimirCalls: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Namespace: namespace, Subsystem: "mimir", Name: "request_duration_seconds",
			Help:    "How long requests to Mimir took until their headers, by outcome.",
			Buckets: prometheus.ExponentialBuckets(0.002, 2, 14),
		}, []string{"outcome"}),
		backendUp: prometheus.NewGaugeVec(prometheus.GaugeOpts{
			Namespace: namespace, Name: "backend_up",
			Help: "1 when the backend answered the last check, else 0.",
		}, []string{"backend"}),
		lists: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Namespace: namespace, Name: "list_duration_seconds",
			Help:    "How long it took to build the rows of a list, backends included, by resource.",
			Buckets: prometheus.ExponentialBuckets(0.001, 2, 13),
		}, []string{"resource"}),
		rows: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Namespace: namespace, Name: "list_rows",
			Help:    "How many rows lists had, by resource.",
			Buckets: prometheus.ExponentialBuckets(1, 4, 9),
		}, []string{"resource"}),
		sweeps: prometheus.NewCounterVec(prometheus.CounterOpts{
			Namespace: namespace, Name: "sweeps_total",
			Help: "Sweeps of an organization's ledger for holds past their deadline, by outcome.",
		}, []string{"outcome"}),
		swept: prometheus.NewCounterVec(prometheus.CounterOpts{
			Namespace: namespace, Name: "swept_holds_total",
			Help: "Holds that sweeps charged in full (expired) or forgot.",
		}, []string{"what"}),
	}
	m.registry.MustRegister(m.ledgerCalls, m.mimirCalls, m.backendUp, m.lists, m.rows, m.sweeps, m.swept)
	return m
}

// Gatherer returns what is served on /metrics.
func (m *Metrics) Gatherer() prometheus.Gatherer { return m.registry }

// Collector returns everything as one collector, for another's registry.
func (m *Metrics) Collector() prometheus.Collector { return m.registry }

// Register adds a collector.
func (m *Metrics) Register(c prometheus.Collector) error { return m.registry.Register(c) }

// Observe counts a call to a ledger.
func (m *Metrics) Observe(op, outcome string, took time.Duration) {
	m.ledgerCalls.WithLabelValues(op, outcome).Observe(took.Seconds())
}

// Mimir counts a request to Mimir.
func (m *Metrics) Mimir(outcome string, took time.Duration) {
	m.mimirCalls.WithLabelValues(outcome).Observe(took.Seconds())
}

// Answered counts a list.
func (m *Metrics) Answered(resource string, rows int, took time.Duration) {
	m.lists.WithLabelValues(resource).Observe(took.Seconds())
	m.rows.WithLabelValues(resource).Observe(float64(rows))
}

// Swept counts a sweep.
func (m *Metrics) Swept(swept ledger.Swept, err error) {
	m.sweeps.WithLabelValues(outcome(err)).Inc()
	m.swept.WithLabelValues("expired").Add(float64(swept.Expired))
	m.swept.WithLabelValues("forgotten").Add(float64(swept.Forgotten))
}

// Backend notes whether a backend answered.
func (m *Metrics) Backend(name string, up bool) {
	value := 0.0
	if up {
		value = 1
	}
	m.backendUp.WithLabelValues(name).Set(value)
}
