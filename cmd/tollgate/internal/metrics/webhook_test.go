package metrics

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus/testutil"
	admissionv1 "k8s.io/api/admission/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"tollgate.dev/tollgate/rego/engine"
	"tollgate.dev/tollgate/webhook/fair"
	"tollgate.dev/tollgate/webhook/handler"
)

func TestWebhookMetrics(t *testing.T) {
	t.Parallel()
	m := New()
	w := NewWebhook("Ingress")
	state := NewWebhookState(WebhookState{
		Policies: func() (int, map[string]error) { return 5, map[string]error{"mine": errors.New("broken")} },
		Dropped:  func() uint64 { return 3 }, Suppressed: func() uint64 { return 4 },
		Waiting: func() int { return 7 },
		Expiry:  func() (time.Time, bool) { return time.Unix(1_800_000_000, 0), true },
	})
	if err := errors.Join(m.Register(w), m.Register(state)); err != nil {
		t.Fatal(err)
	}
	validate := w.For("validate")
	validate.InFlight(1)
	validate.Panicked()
	for _, kind := range []string{"Ingress", "Made", "Up"} {
		validate.Answered(&admissionv1.AdmissionRequest{Kind: metav1.GroupVersionKind{Kind: kind}}, handler.Denied, 4*time.Second)
	}
	w.For("mutate").Answered(nil, handler.Invalid, time.Millisecond)
	w.Evaluated("route-hosts", engine.Webhook, "pass", time.Millisecond)
	w.Entered(3 * time.Millisecond)
	w.TurnedAway(fair.PushedOut)
	w.SettingsChanged(errors.New("bad"))
	want := `
# HELP tollgate_admission_decisions_dropped_total Decisions that were not logged, by reason: queue (the log was behind) or rate (more refusals or warnings in a second than are logged).
# TYPE tollgate_admission_decisions_dropped_total counter
tollgate_admission_decisions_dropped_total{reason="queue"} 3
tollgate_admission_decisions_dropped_total{reason="rate"} 4
# HELP tollgate_admission_in_flight Reviews that are being judged.
# TYPE tollgate_admission_in_flight gauge
tollgate_admission_in_flight 1
# HELP tollgate_admission_panics_total Reviews that were refused because judging panicked.
# TYPE tollgate_admission_panics_total counter
tollgate_admission_panics_total 1
# HELP tollgate_admission_policies How many policies are in force, by state: able, or broken: these fail as their onError says.
# TYPE tollgate_admission_policies gauge
tollgate_admission_policies{state="able"} 4
tollgate_admission_policies{state="broken"} 1
# HELP tollgate_admission_policy_broken 1 for each policy in force that cannot judge; the log and its status have the reason.
# TYPE tollgate_admission_policy_broken gauge
tollgate_admission_policy_broken{policy="mine"} 1
# HELP tollgate_admission_settings_changes_total Changes of the settings file, by outcome; those of outcome error are not in force.
# TYPE tollgate_admission_settings_changes_total counter
tollgate_admission_settings_changes_total{outcome="error"} 1
# HELP tollgate_admission_turned_away_total Reviews that were refused unjudged because there were too many, by reason: queue_full, pushed_out (for a review of somebody who has fewer waiting) or time_up.
# TYPE tollgate_admission_turned_away_total counter
tollgate_admission_turned_away_total{reason="pushed_out"} 1
tollgate_admission_turned_away_total{reason="queue_full"} 0
tollgate_admission_turned_away_total{reason="time_up"} 0
# HELP tollgate_admission_waiting Reviews that wait for their turn.
# TYPE tollgate_admission_waiting gauge
tollgate_admission_waiting 7
# HELP tollgate_webhook_certificate_expiry_timestamp_seconds Until when the served certificate is good, in seconds since 1970.
# TYPE tollgate_webhook_certificate_expiry_timestamp_seconds gauge
tollgate_webhook_certificate_expiry_timestamp_seconds 1.8e+09
`
	names := []string{
		"tollgate_admission_decisions_dropped_total", "tollgate_admission_in_flight", "tollgate_admission_panics_total", "tollgate_admission_policies",
		"tollgate_admission_policy_broken", "tollgate_admission_settings_changes_total", "tollgate_admission_turned_away_total", "tollgate_admission_waiting", "tollgate_webhook_certificate_expiry_timestamp_seconds",
	}
	if err := testutil.GatherAndCompare(m.Gatherer(), strings.NewReader(want), names...); err != nil {
		t.Error(err)
	}
	if n, err := testutil.GatherAndCount(m.Gatherer(), "tollgate_admission_wait_duration_seconds"); err != nil || n != 1 {
		t.Errorf("%d series of waits, %v", n, err)
	}
	// Ingress, everything else together, and what was no review at all.
	if n, err := testutil.GatherAndCount(m.Gatherer(), "tollgate_admission_request_duration_seconds"); err != nil || n != 3 {
		t.Errorf("%d series of requests, %v", n, err)
	}
	problems, err := testutil.GatherAndLint(m.Gatherer())
	if err != nil || len(problems) > 0 {
		t.Errorf("%v %v", problems, err)
	}
}
