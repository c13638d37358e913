package apiserver_test

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"syscall"
	"testing"

	"github.com/google/go-cmp/cmp"

	"tollgate.dev/tollgate/hack/cluster"
	"tollgate.dev/tollgate/test/apiserver/rig"
)

// TestRedisAway kills, stops and empties Redis under the server.
func TestRedisAway(t *testing.T) {
	t.Parallel()
	r := start(t, rig.Options{ControllerManager: true})
	spend(t, r, "acme.chat.engineers.bob", "5")

	t.Run("killed", func(t *testing.T) {
		if err := r.Redis.Kill(); err != nil {
			t.Fatal(err)
		}
		limitsOnly(t, r, "refuses connections")
		standing(t, r)
		// A namespace goes although nothing can be read.
		run(t, r.Admin, "create", "namespace", "short-lived")
		run(t, r.Admin, "delete", "namespace", "short-lived", "--timeout=60s")
		refused(t, r.Admin, []string{"ServiceUnavailable", "refuses connections"}, "get", "budget", "chat.engineers.unlisted", "-n", "acme-chat")
		sorted, _ := run(t, r.Admin, "get", "budgets", "-n", "acme-chat", "--sort-by=.status.spent", "-o", "name")
		if n := strings.Count(sorted, "\n"); n != 6 {
			t.Errorf("sorted by what is not known: %d rows: %s", n, sorted)
		}
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
		b := get(t, r.Admin, "acme-chat", "chat")
		if c := b.Status.Conditions[0]; b.Status.State != "Unknown" || b.Status.Spent != "" || c.Reason != "NotApplied" {
			t.Errorf("from an empty ledger: %+v", b.Status)
		}
		if err := r.ApplyLimits(t.Context()); err != nil {
			t.Fatal(err)
		}
		if b := get(t, r.Admin, "acme-chat", "chat"); b.Status.State != "Active" || b.Status.Spent != "0.00" {
			t.Errorf("after the limits were written again: %+v", b.Status)
		}
	})
}

// limitsOnly expects a list with limits and without amounts, a condition and
// one warning that say why.
func limitsOnly(t *testing.T, r *rig.Rig, why string) {
	t.Helper()
	out, errs := run(t, r.Admin, "get", "budgets", "-n", "acme-chat", "--request-timeout=30s")
	fields := strings.Fields(strings.Split(out, "\n")[1])
	if diff := cmp.Diff([]string{"chat", "2000", "?", "?", "Unknown"}, fields); diff != "" {
		t.Errorf("%s\n%s", diff, out)
	}
	if strings.Count(errs, "Warning:") != 1 || !strings.Contains(errs, why) {
		t.Errorf("the warning is %q, want one that says %q", errs, why)
	}
	b := get(t, r.Admin, "acme-chat", "chat.engineers.bob")
	if c := b.Status.Conditions[0]; c.Type != "Available" || c.Status != "False" || c.Reason != "LedgerUnreachable" || !strings.Contains(c.Message, why) {
		t.Errorf("the condition is %+v", c)
	}
	if b.Spec.Limit != "25" || b.Status.Spent != "" {
		t.Errorf("bob: %+v %+v", b.Spec, b.Status)
	}
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
	if out, _ := run(t, r.Admin, "get", "apiservice", "v1alpha1.metering.tollgate.dev", "-o", `jsonpath={.status.conditions[?(@.type=="Available")].status}`); out != "True" {
		t.Errorf("the APIService is available: %s", out)
	}
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

// TestStartsBeforeItsObjects starts the server in a cluster without CRDs.
func TestStartsBeforeItsObjects(t *testing.T) {
	t.Parallel()
	r := start(t, rig.Options{Later: true})
	admin := direct(t, r, cluster.Admin())
	eventually(t, func(ctx context.Context) error {
		req, err := http.NewRequestWithContext(ctx, http.MethodGet, r.URL+"/readyz", nil)
		if err != nil {
			return err
		}
		resp, err := admin.Do(req)
		if err != nil {
			return err
		}
		defer resp.Body.Close()
		if resp.StatusCode != http.StatusInternalServerError {
			t.Fatalf("ready without objects: %s", resp.Status)
		}
		return nil
	})
	eventually(t, func(context.Context) error {
		status, body := fetch(t, admin, r.URL+"/readyz/tollgate-objects", "*/*")
		if status != http.StatusInternalServerError || !strings.Contains(string(body), "custom resource definitions") {
			return fmt.Errorf("%d %s", status, body)
		}
		return nil
	})
	// It does not say that there are no budgets when it has not looked.
	if status, body := fetch(t, admin, r.URL+"/apis/metering.tollgate.dev/v1alpha1/budgets", "application/json"); status != http.StatusServiceUnavailable {
		t.Errorf("a list before anything was read: %d %s", status, body)
	}
	if err := r.Install(t.Context()); err != nil {
		t.Fatal(err)
	}
	if b := get(t, r.Admin, "acme-chat", "chat"); b.Status.State != "Active" {
		t.Errorf("got %+v", b.Status)
	}
	// What is changed later is seen.
	run(t, r.Admin, "patch", "project", "chat", "-n", "acme-chat", "--type=merge", "-p", `{"spec":{"budget":{"limit":"7"}}}`)
	eventually(t, func(ctx context.Context) error {
		out, _, err := r.Admin.Run(ctx, "get", "budget", "chat", "-n", "acme-chat", "-o", `jsonpath={.spec.limit} {.status.limit} {.status.conditions[?(@.type=="InForce")].reason}`)
		if err == nil && out != "7 2000.00 LimitDiffers" {
			return fmt.Errorf("got %q", out)
		}
		return err
	})
	shutdown(t, r)
}

// shutdown expects readyz to fail at once on SIGTERM while requests are still
// answered, and a clean end.
func shutdown(t *testing.T, r *rig.Rig) {
	admin := direct(t, r, cluster.Admin())
	const list = "/apis/metering.tollgate.dev/v1alpha1/budgets"
	if status, body := fetch(t, admin, r.URL+list, "application/json"); status != http.StatusOK {
		t.Fatalf("%d: %s", status, body)
	}
	if err := r.Server.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	sawUnready := false
	eventually(t, func(ctx context.Context) error {
		req, err := http.NewRequestWithContext(ctx, http.MethodGet, r.URL+"/readyz", nil)
		if err != nil {
			return err
		}
		resp, err := admin.Do(req)
		if err != nil {
			return nil // it ended before it was asked: sawUnready stays false
		}
		defer resp.Body.Close()
		if resp.StatusCode != http.StatusInternalServerError {
			return fmt.Errorf("readyz after SIGTERM: %s", resp.Status)
		}
		sawUnready = true
		return nil
	})
	if !sawUnready {
		t.Error("the server ended at once instead of failing readyz first")
	}
	if status, body := fetch(t, admin, r.URL+list, "application/json"); status != http.StatusOK {
		t.Errorf("a list during the shutdown delay: %d %s", status, body)
	}
	eventually(t, func(context.Context) error {
		if r.Server.PID() != 0 {
			return fmt.Errorf("process %d still runs", r.Server.PID())
		}
		return nil
	})
}
