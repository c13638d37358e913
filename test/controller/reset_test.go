package controller_test

import (
	"fmt"
	"strings"
	"testing"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"tollgate.dev/tollgate/apis/tollgate/v1alpha1"
	"tollgate.dev/tollgate/metering/ledger"
)

// A project leaves the period Total, because an administrator asks for it by an
// annotation, which stays: what is spent since stays spent, whatever restarts.
func TestABudgetIsResetOnce(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	first := r.start("first")
	r.kubectl("create", "namespace", "acme-chat")
	total := strings.Replace(organization("acme", "default", "100", "acme-chat"), `limit: "100"`, `limit: "100", period: Total`, 1)
	chat := func(period, limit string) string {
		return strings.Replace(project("acme-chat", "acme", limit, engineers), `limit: "`+limit+`"`, `limit: "`+limit+`", period: `+period, 1)
	}
	r.apply(total + "---" + chat("Total", "50"))
	r.inForce("created", "default", map[string]string{"acme": "100.00", "acme.chat": "50.00"})
	r.mustReserve("acme.chat.engineers.alice", "6", nil)

	view := func(path ledger.Path) ledger.NodeView {
		r.Helper()
		views, err := r.ledgers["default"].Nodes(t.Context(), "acme", []ledger.Path{path})
		if err != nil {
			t.Fatal(err)
		}
		return views[0]
	}
	held := func(what string, path ledger.Path, want string) {
		r.Helper()
		if v := view(path); v.Held.String() != want || v.Err != nil {
			t.Errorf("%s: %s holds %s, want %s; %v", what, path, v.Held, want, v.Err)
		}
	}
	r.apply(chat("Monthly", "50"))
	r.eventually("the new period waits for a reset", func() error {
		if v := view("acme.chat"); v.Next == nil || !v.WindowEnd.IsZero() {
			return fmt.Errorf("%+v", v)
		}
		return nil
	})
	conditions := func() (int64, []metav1.Condition) {
		var o v1alpha1.Organization
		r.object(&o, "organization", "acme")
		return o.Generation, o.Status.Conditions
	}
	ask := func(text string) {
		r.Helper()
		r.kubectl("annotate", "--overwrite", "organization", "acme", v1alpha1.AnnotationReset+"="+text)
	}

	ask("acme.chat@2026-11-01T00:00:00Z")
	if c := r.condition(conditions, "Reset", metav1.ConditionFalse, "Refused"); !strings.Contains(c.Message, "acme.chat has a window since 1970-01-01T00:00:00Z open") {
		t.Errorf("refused with %q", c.Message)
	}
	held("refused", "acme.chat", "6.00")

	const both = "acme.chat@1970-01-01T00:00:00Z, acme@1970-01-01T00:00:00Z"
	ask(both)
	if c := r.condition(conditions, "Reset", metav1.ConditionTrue, "Done"); !strings.HasPrefix(c.Message, both+": the window of acme.chat since 1970-01-01T00:00:00Z was ended with 0.00 spent and 6.00 held; ") {
		t.Errorf("done with %q", c.Message)
	}
	if v := view("acme.chat"); v.Next != nil || v.WindowEnd.IsZero() || v.Held != 0 {
		t.Errorf("the project after the reset: %+v", v)
	}
	held("another level", "acme.chat.engineers.alice", "6.00")
	r.eventually("events tell of both", func() error {
		out := r.kubectl("get", "events", "-n", "default", "-o", "jsonpath={range .items[*]}{.involvedObject.kind}/{.involvedObject.name} {.type} {.reason}{\"\\n\"}{end}")
		for _, want := range []string{"Organization/acme Warning ResetRefused", "Organization/acme Normal BudgetsReset"} {
			if !strings.Contains(out, want) {
				return fmt.Errorf("%q lacks %q", out, want)
			}
		}
		return nil
	})

	// The annotation stays: through a change, a restart and an emptied Redis, in
	// which the organization's window has the start of the one that was reset.
	r.mustReserve("acme.chat.engineers.bob", "3", nil)
	seen := func(what, limit string) {
		r.Helper()
		for _, l := range []string{limit + "1", limit} { // the second look comes after all that the first one led to
			r.apply(chat("Monthly", l))
			r.inForce(what, "default", map[string]string{"acme.chat": l + ".00"})
		}
	}
	seen("a change", "51")
	held("the annotation stays", "acme", "3.00")
	first.Stop()
	second := r.start("second")
	seen("a restart", "52")
	held("after a restart", "acme", "3.00")
	if err := r.redis["default"].Client().FlushAll(t.Context()).Err(); err != nil {
		t.Fatal(err)
	}
	r.inForce("an emptied Redis has its limits again", "default", map[string]string{"acme": "100.00", "acme.chat": "52.00"})
	r.mustReserve("acme.chat.engineers.bob", "2", nil)
	second.Stop()
	r.start("third")
	seen("a restart after that", "53")
	if v := view("acme"); v.WindowStart.Unix() != 0 || v.Held.String() != "2.00" {
		t.Errorf("a window of the start that was reset ended too: %+v", v)
	}
}
