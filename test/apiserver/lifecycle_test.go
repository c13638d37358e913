package apiserver_test

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"syscall"
	"testing"

	metering "tollgate.dev/tollgate/apis/metering/v1alpha1"
	"tollgate.dev/tollgate/hack/cluster"
	"tollgate.dev/tollgate/test/apiserver/rig"
)

// TestStartsBeforeItsObjects starts the server in a cluster without CRDs.
func TestStartsBeforeItsObjects(t *testing.T) {
	t.Parallel()
	r := start(t, rig.Options{Later: true, Args: []string{"--shutdown-delay-duration=30s"}})
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
	budgetIs(t, r, "chat", func(b metering.Budget) bool { return b.Status.State == "Active" })
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
