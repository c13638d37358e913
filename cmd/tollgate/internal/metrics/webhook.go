package metrics

import (
	"time"

	"github.com/prometheus/client_golang/prometheus"
	admissionv1 "k8s.io/api/admission/v1"

	"tollgate.dev/tollgate/rego/engine"
	"tollgate.dev/tollgate/webhook/fair"
	"tollgate.dev/tollgate/webhook/handler"
)

// Webhook counts what `tollgate webhook` answers and what its policies do. It
// may be used from many goroutines.
type Webhook struct {
	kinds map[string]bool

	requests *prometheus.HistogramVec
	policies *prometheus.HistogramVec
	inFlight prometheus.Gauge
	waits    prometheus.Histogram
	turned   *prometheus.CounterVec
	panics   prometheus.Counter
	settings *prometheus.CounterVec
}

var (
	_ engine.Observer      = (*Webhook)(nil)
	_ handler.GateObserver = (*Webhook)(nil)
)

// NewWebhook returns metrics that are registered nowhere. Kinds other than those
// given are counted together, as other: what a caller writes makes no new series.
func NewWebhook(kinds ...string) *Webhook {
	w := &Webhook{
		kinds: map[string]bool{},
		requests: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Namespace: namespace, Subsystem: "admission", Name: "request_duration_seconds",
			Help:    "How long it took to answer reviews, waiting included, by admission (validate, mutate), kind and outcome.",
			Buckets: []float64{.0005, .001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2, 3, 5, 7.5, 10, 15, 30},
		}, []string{"admission", "kind", "outcome"}),
		policies: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Namespace: namespace, Subsystem: "admission", Name: "policy_duration_seconds",
			Help:    "How long one policy took to judge one review that it matches, by policy and result (pass, violation, error, timeout).",
			Buckets: []float64{.00005, .0001, .00025, .0005, .001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2, 5},
		}, []string{"policy", "result"}),
		inFlight: prometheus.NewGauge(prometheus.GaugeOpts{
			Namespace: namespace, Subsystem: "admission", Name: "in_flight",
			Help: "Reviews that are being judged.",
		}),
		waits: prometheus.NewHistogram(prometheus.HistogramOpts{
			Namespace: namespace, Subsystem: "admission", Name: "wait_duration_seconds",
			Help:    "How long reviews that were let in had waited for their turn; those that need not wait count with nothing.",
			Buckets: []float64{.0001, .001, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10, 30},
		}),
		turned: prometheus.NewCounterVec(prometheus.CounterOpts{
			Namespace: namespace, Subsystem: "admission", Name: "turned_away_total",
			Help: "Reviews that were refused unjudged because there were too many, by reason: queue_full, pushed_out (for a review of somebody who has fewer waiting) or time_up.",
		}, []string{"reason"}),
		panics: prometheus.NewCounter(prometheus.CounterOpts{
			Namespace: namespace, Subsystem: "admission", Name: "panics_total",
			Help: "Reviews that were refused because judging panicked.",
		}),
		settings: prometheus.NewCounterVec(prometheus.CounterOpts{
			Namespace: namespace, Subsystem: "admission", Name: "settings_changes_total",
			Help: "Changes of the settings file, by outcome; those of outcome error are not in force.",
		}, []string{"outcome"}),
	}
	for _, k := range kinds {
		w.kinds[k] = true
	}
	for _, why := range []fair.Reason{fair.Full, fair.PushedOut, fair.TimeUp} {
		w.turned.WithLabelValues(string(why)) // there from the beginning, at 0
	}
	return w
}

func (w *Webhook) all() []prometheus.Collector {
	return []prometheus.Collector{w.requests, w.policies, w.inFlight, w.waits, w.turned, w.panics, w.settings}
}

// Describe implements prometheus.Collector.
func (w *Webhook) Describe(ch chan<- *prometheus.Desc) {
	for _, one := range w.all() {
		one.Describe(ch)
	}
}

// Collect implements prometheus.Collector.
func (w *Webhook) Collect(ch chan<- prometheus.Metric) {
	for _, one := range w.all() {
		one.Collect(ch)
	}
}

// Evaluated counts what a policy did with a review.
func (w *Webhook) Evaluated(policy string, _ engine.Point, result string, took time.Duration) {
	w.policies.WithLabelValues(policy, result).Observe(took.Seconds())
}

// SettingsChanged counts a change of the settings file.
func (w *Webhook) SettingsChanged(err error) { w.settings.WithLabelValues(outcome(err)).Inc() }

// Entered counts a review that was let in.
func (w *Webhook) Entered(waited time.Duration) { w.waits.Observe(waited.Seconds()) }

// TurnedAway counts a review that was refused because there were too many.
func (w *Webhook) TurnedAway(why fair.Reason) { w.turned.WithLabelValues(string(why)).Inc() }

// For returns the observer of one of the handlers, validate or mutate.
func (w *Webhook) For(admission string) handler.Observer { return &reviews{w, admission} }

// reviews are those of one handler.
type reviews struct {
	*Webhook
	admission string
}

// InFlight implements handler.Observer, as do the following.
func (r *reviews) InFlight(change int) { r.inFlight.Add(float64(change)) }

// Panicked counts a panic.
func (r *reviews) Panicked() { r.panics.Inc() }

// Answered counts a review.
func (r *reviews) Answered(req *admissionv1.AdmissionRequest, outcome handler.Outcome, took time.Duration) {
	kind := "other"
	if req != nil && r.kinds[req.Kind.Kind] {
		kind = req.Kind.Kind
	}
	r.requests.WithLabelValues(r.admission, kind, string(outcome)).Observe(took.Seconds())
}

// WebhookState tells what a webhook stands on, when it is asked.
type WebhookState struct {
	// Policies returns how many policies are in force, and by id why those that cannot judge cannot.
	Policies func() (inForce int, broken map[string]error)
	// Dropped is how many decisions were not logged because the log was behind,
	// and Suppressed because there were too many of them in a second.
	Dropped, Suppressed func() uint64
	// Waiting is how many reviews wait for their turn.
	Waiting func() int
	// Expiry is until when the certificate is good; false if there is none.
	Expiry func() (time.Time, bool)
}

// stateCollector reads a WebhookState when it is scraped.
type stateCollector struct {
	state                                      WebhookState
	policies, broken, dropped, waiting, expiry *prometheus.Desc
}

// NewWebhookState returns a collector of what a webhook stands on.
func NewWebhookState(s WebhookState) prometheus.Collector {
	return &stateCollector{
		state:    s,
		policies: prometheus.NewDesc("tollgate_admission_policies", "How many policies are in force, by state: able, or broken: these fail as their onError says.", []string{"state"}, nil),
		broken:   prometheus.NewDesc("tollgate_admission_policy_broken", "1 for each policy in force that cannot judge; the log and its status have the reason.", []string{"policy"}, nil),
		dropped:  prometheus.NewDesc("tollgate_admission_decisions_dropped_total", "Decisions that were not logged, by reason: queue (the log was behind) or rate (more refusals or warnings in a second than are logged).", []string{"reason"}, nil),
		waiting:  prometheus.NewDesc("tollgate_admission_waiting", "Reviews that wait for their turn.", nil, nil),
		expiry:   prometheus.NewDesc("tollgate_webhook_certificate_expiry_timestamp_seconds", "Until when the served certificate is good, in seconds since 1970.", nil, nil),
	}
}

// Describe implements prometheus.Collector.
func (c *stateCollector) Describe(ch chan<- *prometheus.Desc) {
	for _, d := range []*prometheus.Desc{c.policies, c.broken, c.dropped, c.waiting, c.expiry} {
		ch <- d
	}
}

// Collect implements prometheus.Collector.
func (c *stateCollector) Collect(ch chan<- prometheus.Metric) {
	inForce, broken := c.state.Policies()
	ch <- prometheus.MustNewConstMetric(c.policies, prometheus.GaugeValue, float64(inForce-len(broken)), "able")
	ch <- prometheus.MustNewConstMetric(c.policies, prometheus.GaugeValue, float64(len(broken)), "broken")
	for id := range broken {
		ch <- prometheus.MustNewConstMetric(c.broken, prometheus.GaugeValue, 1, id)
	}
	ch <- prometheus.MustNewConstMetric(c.dropped, prometheus.CounterValue, float64(c.state.Dropped()), "queue")
	ch <- prometheus.MustNewConstMetric(c.dropped, prometheus.CounterValue, float64(c.state.Suppressed()), "rate")
	ch <- prometheus.MustNewConstMetric(c.waiting, prometheus.GaugeValue, float64(c.state.Waiting()))
	if until, ok := c.state.Expiry(); ok {
		ch <- prometheus.MustNewConstMetric(c.expiry, prometheus.GaugeValue, float64(until.Unix()))
	}
}
