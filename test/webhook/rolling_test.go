package webhook_test

import (
	"context"
	"errors"
	"fmt"
	"syscall"
	"testing"
	"time"

	"tollgate.dev/tollgate/test/webhook/rig"
)

// TestRollingUpdate replaces two replicas one after the other under load, as a
// Deployment with maxUnavailable 0 does. Not one write may fail.
//
// What a cluster does by kubelet, EndpointSlices and kube-proxy is done by the
// rig's balancer here: it learns of readiness by asking readyz, some 200 ms late,
// and connections that stand are not moved.
func TestRollingUpdate(t *testing.T) {
	t.Parallel()
	// Longer than a busy machine keeps the balancer from asking.
	w := start(t, rig.Options{Replicas: 2, Args: []string{"--shutdown-delay-duration=20s"}})
	l := startLoad(t, w, 4)
	l.more(w, 100)
	for _, old := range w.Replicas[:2] {
		fresh, err := w.StartReplica(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if err := old.Signal(syscall.SIGTERM); err != nil {
			t.Fatal(err)
		}
		// It is not ready any more and still serves.
		w.eventually("the old replica says that it leaves", func(ctx context.Context) error {
			if rig.Ready(ctx, old.Health) == nil {
				return errors.New("it is still ready")
			}
			return nil
		})
		w.eventually("the old replica ends", func(context.Context) error {
			if old.PID() != 0 {
				return errors.New("it runs")
			}
			return nil
		})
		w.Balancer.Remove(old.Name())
		l.more(w, 50)
		w.eventually("the new replica is used", func(context.Context) error {
			if w.Balancer.Taken(fresh.Name()) == 0 {
				return errors.New("no connection went to it")
			}
			return nil
		})
	}
	l.end(t)
	if n := w.Balancer.Refused.Load(); n != 0 {
		t.Errorf("%d connections were refused", n)
	}
}

// TestCertificatesRotateLive has short lives, so that serving certificates and
// authorities follow each other under load. Not one write may fail. A replica
// that stands still for twelve seconds would serve a certificate past its end.
func TestCertificatesRotateLive(t *testing.T) {
	t.Parallel()
	w := start(t, rig.Options{Replicas: 2, Args: []string{
		"--certificate-lifetime=36s", "--authority-lifetime=108s", "--authority-settle-duration=12s",
	}})
	l := startLoad(t, w, 2)
	authorities := map[string]bool{}
	certificates := map[string]bool{}
	ctx, cancel := context.WithTimeout(t.Context(), 15*time.Minute)
	defer cancel()
	// The third authority signs: two were replaced whole.
	err := rig.Eventually(ctx, func(ctx context.Context) error {
		out, _, err := w.Admin.Run(ctx, "get", "secret/tollgate-webhook-certificates", "-n", "tollgate-system", "-o", `jsonpath={.data.authority\.crt} {.data.tls\.crt}`)
		if err != nil {
			return err
		}
		var authority, certificate string
		if _, err := fmt.Sscan(out, &authority, &certificate); err != nil {
			return err
		}
		authorities[authority], certificates[certificate] = true, true
		if len(authorities) < 3 {
			return fmt.Errorf("%d authorities and %d certificates so far", len(authorities), len(certificates))
		}
		return nil
	})
	if err != nil {
		t.Error(err)
	}
	l.more(w, 20)
	l.end(t)
	if len(certificates) < len(authorities) {
		t.Errorf("%d certificates of %d authorities", len(certificates), len(authorities))
	}

	// Somebody empties the configurations: the authority is back within seconds.
	w.run(w.Admin, "patch", "validatingwebhookconfiguration/tollgate", "--type=json", "-p", `[{"op":"remove","path":"/webhooks/0/clientConfig/caBundle"},{"op":"remove","path":"/webhooks/1/clientConfig/caBundle"}]`)
	w.eventually("the authority is written again", func(ctx context.Context) error {
		_, err := w.write(w.alice, ingress("healed", "higress", "healed.acme.example"))
		return err
	})
}

// TestMountedCertificate serves files, and changed ones without a restart.
func TestMountedCertificate(t *testing.T) {
	t.Parallel()
	w := start(t, rig.Options{TLSDir: true, Args: []string{"--metrics-insecure=false"}})
	metricsAreForWhoMay(w)
	before, err := w.ServedCertificate(t.Context(), w.Replicas[0])
	if err != nil {
		t.Fatal(err)
	}
	l := startLoad(t, w, 2)
	l.more(w, 20)
	if err := w.WriteCertificate(); err != nil {
		t.Fatal(err)
	}
	w.eventually("the new certificate is served", func(ctx context.Context) error {
		now, err := w.ServedCertificate(ctx, w.Replicas[0])
		if err == nil && now.Equal(before) {
			err = errors.New("it is the old one")
		}
		return err
	})
	l.more(w, 20)
	l.end(t)
}
