package webhook_test

import (
	"context"
	"fmt"
	"os"
	"strings"

	"tollgate.dev/tollgate/test/webhook/rig"
)

// changedSettings are read while it runs, and those that cannot be used change nothing.
func changedSettings(w *world) {
	steal := ingress("settings", "higress", "www.globex.example")
	w.refused(w.alice, steal, "route-hosts")
	if err := w.WriteSettings([]byte("policies: {route-hosts: {webhook: Warn}}")); err != nil {
		w.t.Fatal(err)
	}
	w.eventually("the settings come into force", func(context.Context) error {
		stderr, err := w.write(w.alice, steal, "apply", "--server-side", "--dry-run=server")
		if err == nil && !strings.Contains(stderr, "Warning: route-hosts") {
			err = fmt.Errorf("no warning: %s", stderr)
		}
		return err
	})
	for _, bad := range []string{"nonsense: 1", "policies: {no-such-policy: {webhook: Warn}}"} {
		before := w.metric("tollgate_admission_settings_changes_total", `outcome="error"`)
		if err := w.WriteSettings([]byte(bad)); err != nil {
			w.t.Fatal(err)
		}
		w.eventually("settings that cannot be used are counted", func(context.Context) error {
			if w.metric("tollgate_admission_settings_changes_total", `outcome="error"`) == before {
				return fmt.Errorf("%q: not yet", bad)
			}
			return nil
		})
		if _, err := w.write(w.alice, steal, "apply", "--server-side", "--dry-run=server"); err != nil {
			w.t.Errorf("after %q: %v", bad, err)
		}
	}
	if err := w.WriteSettings(nil); err != nil {
		w.t.Fatal(err)
	}
	w.eventually("the defaults come back", func(context.Context) error {
		if _, err := w.write(w.alice, steal, "apply", "--server-side", "--dry-run=server"); err == nil {
			return fmt.Errorf("it still warns")
		}
		return nil
	})
}

// metric returns the lines of a metric of the first replica that have a label.
func (w *world) metric(name, label string) string {
	w.t.Helper()
	_, body, err := rig.Get(w.t.Context(), "http://"+w.Replicas[0].Metrics+"/metrics")
	if err != nil {
		w.t.Fatal(err)
	}
	var found []string
	for _, line := range strings.Split(body, "\n") {
		if strings.HasPrefix(line, name) && strings.Contains(line, label) {
			found = append(found, line)
		}
	}
	return strings.Join(found, "\n")
}

// observed is what an operator sees of all that was judged before.
func observed(w *world) {
	for _, tt := range []struct{ name, label string }{
		{"tollgate_admission_request_duration_seconds_count", `admission="validate",kind="Ingress",outcome="denied"`},
		{"tollgate_admission_request_duration_seconds_count", `admission="validate",kind="Ingress",outcome="allowed"`},
		{"tollgate_admission_request_duration_seconds_count", `admission="mutate",kind="Ingress",outcome="patched"`},
		{"tollgate_admission_request_duration_seconds_bucket", `le="5"`},
		{"tollgate_admission_policy_duration_seconds_count", `policy="route-hosts",result="violation"`},
		{"tollgate_admission_policy_duration_seconds_count", `policy="route-hosts",result="pass"`},
		{"tollgate_admission_policies", `state="able"`},
		{"tollgate_admission_in_flight", ""},
		{"tollgate_admission_panics_total", ""},
		{"tollgate_admission_decisions_dropped_total", ""},
		{"tollgate_webhook_certificate_expiry_timestamp_seconds", ""},
		{"tollgate_objects", `kind="Organization.tollgate.dev"`},
		{"tollgate_objects_synced", `kind="HTTPRoute.gateway.networking.k8s.io"`},
		{"tollgate_directory_age_seconds", ""},
	} {
		if w.metric(tt.name, tt.label) == "" {
			w.t.Errorf("/metrics has no %s{%s}", tt.name, tt.label)
		}
	}
	if got := w.metric("tollgate_admission_panics_total", ""); !strings.HasSuffix(got, " 0") {
		w.t.Error(got)
	}
	log, err := os.ReadFile(w.Replicas[0].Decisions)
	if err != nil || !strings.Contains(string(log), "route-hosts") {
		w.t.Errorf("the decision log has no refusal (%v): %.500s", err, log)
	}
	if strings.Contains(string(log), "not-to-be-logged") {
		w.t.Error("the decision log holds what a Secret holds")
	}
}

// secrets are judged when they are deleted and written, and not logged.
func secrets(w *world) {
	w.run(w.Admin, "create", "secret", "generic", "quiet", "-n", "acme-chat", "--from-literal=a=not-to-be-logged")
	w.run(w.alice, "delete", "secret", "quiet", "-n", "acme-chat")

	manifest := ingress("tls", "higress", "tls.acme.example")
	manifest = strings.Replace(manifest, "spec:\n", "spec:\n  tls: [{hosts: [tls.acme.example], secretName: tls-in-use}]\n", 1)
	w.run(w.Admin, "create", "secret", "generic", "tls-in-use", "-n", "acme-chat", "--from-literal=a=not-to-be-logged")
	w.passes(w.alice, manifest)
	w.eventually("a Secret in use is kept", func(ctx context.Context) error {
		_, _, err := w.alice.Run(ctx, "delete", "secret/tls-in-use", "-n", "acme-chat", "--dry-run=server")
		if err == nil {
			return fmt.Errorf("it could be deleted")
		}
		if !strings.Contains(err.Error(), "secret-in-use") {
			return err
		}
		return nil
	})
	w.run(w.alice, "delete", "ingress/tls", "-n", "acme-chat")
	w.eventually("a Secret that is no longer in use goes", func(ctx context.Context) error {
		_, _, err := w.alice.Run(ctx, "delete", "secret/tls-in-use", "-n", "acme-chat")
		return err
	})
}
