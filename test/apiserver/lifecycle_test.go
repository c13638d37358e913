package apiserver_test

import (
	"context"
	"errors"
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
	ended(t, r)
}

// draining expects that a request which arrives while another one is still being
// answered on the way down is told to come back, and that the other one is
// answered. It ends the server.
func draining(t *testing.T, r *rig.Rig) {
	admin, user := direct(t, r, cluster.Admin()), direct(t, r, alice())
	if err := r.Mimir.Pause(); err != nil {
		t.Fatal(err)
	}
	// In a window that nobody has asked for, so that Mimir has to be.
	const api = "/apis/metering.tollgate.dev/v1alpha1"
	held := make(chan error, 1)
	go func() {
		status, body, err := try(t.Context(), user, r.URL+api+"/namespaces/acme-chat/usages?fieldSelector=window%3D37m")
		if err == nil && (status.StatusCode != http.StatusOK || !strings.Contains(body, `"user":"bob"`)) {
			err = fmt.Errorf("%s: %s", status.Status, body)
		}
		held <- err
	}()
	answers(t, admin, r.URL+"/metrics", `apiserver_flowcontrol_current_executing_requests{flow_schema="tollgate-metering",priority_level="tollgate-metering"} 1`)
	if err := r.Server.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	eventually(t, func(ctx context.Context) error {
		answer, _, err := try(ctx, admin, r.URL+api)
		switch {
		case err != nil:
			t.Fatalf("it hung up on who came while another one was being answered: %v", err)
		case answer.StatusCode == http.StatusOK: // the shutdown delay
			return errors.New("still served")
		case answer.StatusCode != http.StatusTooManyRequests || answer.Header.Get("Retry-After") == "":
			t.Fatalf("it answered %s with Retry-After %q", answer.Status, answer.Header.Get("Retry-After"))
		}
		return nil
	})
	if err := r.Mimir.Resume(); err != nil {
		t.Fatal(err)
	}
	if err := <-held; err != nil {
		t.Errorf("the request that was being answered: %v", err)
	}
	ended(t, r)
}

// ended waits until the server has ended.
func ended(t *testing.T, r *rig.Rig) {
	t.Helper()
	eventually(t, func(context.Context) error {
		if pid := r.Server.PID(); pid != 0 {
			return fmt.Errorf("process %d still runs", pid)
		}
		return nil
	})
}
