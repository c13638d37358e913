package apiserver_test

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	metering "tollgate.dev/tollgate/apis/metering/v1alpha1"
	"tollgate.dev/tollgate/hack/cluster"
	"tollgate.dev/tollgate/test/apiserver/rig"
)

// TestRedisAway kills, stops and empties Redis under the server.
func TestRedisAway(t *testing.T) {
	t.Parallel()
	r := start(t, rig.Options{ControllerManager: true, Objects: []byte(timeless), Args: []string{"--ledger-timeout=3s"}})
	spend(t, r, "acme.chat.engineers.bob", "5")

	t.Run("sort-by times", func(t *testing.T) {
		timesSorted(t, r)
		resetsSorted(t, r)
	})
	t.Run("killed", func(t *testing.T) {
		if err := r.Redis.Kill(); err != nil {
			t.Fatal(err)
		}
		limitsOnly(t, r, "refuses connections")
		standing(t, r)
		// A namespace goes although nothing can be read.
		run(t, r.Admin, "create", "namespace", "short-lived")
		run(t, r.Admin, "delete", "namespace", "short-lived", "--timeout=240s")
		eventually(t, func(ctx context.Context) error {
			out, errs, err := r.Admin.Run(ctx, "get", "budget", "chat.engineers.unlisted", "-n", "acme-chat")
			if err == nil {
				t.Fatalf("who is not listed has a budget: %s", out)
			}
			if !strings.Contains(errs, "ServiceUnavailable") || !strings.Contains(errs, "refuses connections") {
				return fmt.Errorf("a user who may have spent: %s", errs)
			}
			return nil
		})
		sorted, _ := run(t, r.Admin, "get", "budgets", "-n", "acme-chat", "--sort-by=.status.spent", "-o", "name")
		if n := strings.Count(sorted, "\n"); n != 6 {
			t.Errorf("sorted by what is not known: %d rows: %s", n, sorted)
		}
		timesSorted(t, r)
		if err := r.Redis.Start(t.Context()); err != nil {
			t.Fatal(err)
		}
		amountsBack(t, r)
	})
	t.Run("stopped", func(t *testing.T) {
		if err := r.Redis.Pause(); err != nil {
			t.Fatal(err)
		}
		limitsOnly(t, r, "did not answer in time")
		standing(t, r)
		if err := r.Redis.Resume(); err != nil {
			t.Fatal(err)
		}
		amountsBack(t, r)
	})
	t.Run("empty", func(t *testing.T) {
		if err := r.Client.FlushAll(t.Context()).Err(); err != nil {
			t.Fatal(err)
		}
		budgetIs(t, r, "chat", func(b metering.Budget) bool {
			return b.Status.State == "Unknown" && b.Status.Spent == "" && b.Status.Conditions[0].Reason == "NotApplied"
		})
		if err := r.ApplyLimits(t.Context()); err != nil {
			t.Fatal(err)
		}
		budgetIs(t, r, "chat", func(b metering.Budget) bool { return b.Status.State == "Active" && b.Status.Spent == "0.00" })
	})
}

// limitsOnly expects a list with limits and without amounts, a condition and
// one warning that say why. Why may be told otherwise at first: after a failure
// an answer waits for a moment only, in which a busy machine refuses nothing yet.
func limitsOnly(t *testing.T, r *rig.Rig, why string) {
	t.Helper()
	eventually(t, func(ctx context.Context) error {
		out, errs, err := r.Admin.Run(ctx, "get", "budgets", "-n", "acme-chat", "--request-timeout=30s")
		if err != nil {
			return err
		}
		fields := strings.Fields(strings.Split(out, "\n")[1])
		if diff := cmp.Diff([]string{"chat", "2000", "?", "?", "Unknown"}, fields); diff != "" {
			return fmt.Errorf("%s\n%s", diff, out)
		}
		if strings.Count(errs, "Warning:") != 1 || !strings.Contains(errs, why) {
			return fmt.Errorf("the warning is %q, want one that says %q", errs, why)
		}
		return nil
	})
	budgetIs(t, r, "chat.engineers.bob", func(b metering.Budget) bool {
		c := b.Status.Conditions[0]
		return c.Type == "Available" && c.Status == "False" && c.Reason == "LedgerUnreachable" && strings.Contains(c.Message, why) &&
			b.Spec.Limit == "25" && b.Status.Spent == ""
	})
}

// budgetIs waits until a budget of acme-chat is as expected.
func budgetIs(t *testing.T, r *rig.Rig, name string, as func(metering.Budget) bool) {
	t.Helper()
	eventually(t, func(ctx context.Context) error {
		b, err := read(ctx, r.Admin, "acme-chat", name)
		if err == nil && !as(b) {
			err = fmt.Errorf("%s is %+v, %+v", name, b.Spec, b.Status)
		}
		return err
	})
}

// standing expects discovery, readiness and the APIService as if nothing had
// happened, and the backend named where operators look.
func standing(t *testing.T, r *rig.Rig) {
	t.Helper()
	if err := r.Ready(t.Context()); err != nil {
		t.Errorf("readyz: %v", err)
	}
	out, _ := run(t, r.Admin, "get", "--raw", "/apis/metering.tollgate.dev/v1alpha1")
	if !strings.Contains(out, `"organizationbudgets"`) {
		t.Errorf("discovery: %s", out)
	}
	// kube-apiserver gives it up for a moment when it answers late.
	run(t, r.Admin, "wait", "--for=condition=Available", "apiservice/v1alpha1.metering.tollgate.dev", "--timeout=170s")
	admin := direct(t, r, cluster.Admin())
	if status, body := fetch(t, admin, r.URL+"/backends", "*/*"); status != http.StatusInternalServerError || !strings.Contains(string(body), "[-]redis-default failed") {
		t.Errorf("/backends: %d %s", status, body)
	}
}

func amountsBack(t *testing.T, r *rig.Rig) {
	t.Helper()
	eventually(t, func(ctx context.Context) error {
		out, _, err := r.Admin.Run(ctx, "get", "budget", "chat.engineers.bob", "-n", "acme-chat", "-o", "jsonpath={.status.state} {.status.spent}")
		if err == nil && out != "Active 5.00" {
			return fmt.Errorf("got %q", out)
		}
		return err
	})
}
