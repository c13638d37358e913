package certmanager_test

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"errors"
	"fmt"
	"strings"
	"testing"

	corev1 "k8s.io/api/core/v1"

	"tollgate.dev/tollgate/hack/cluster"
	"tollgate.dev/tollgate/test/webhook/rig"
)

const (
	webhookSecret, apiserverSecret = "tollgate-webhook-tls", "tollgate-apiserver-tls"
	// authority is the key of a Secret under which cert-manager says what its certificate is to be verified by.
	authority = "ca.crt"
)

// TestInstallationWithCertManager goes through the steps of README.md.
func TestInstallationWithCertManager(t *testing.T) {
	w := newWorld(t)
	free, err := cluster.FreePorts(4)
	if err != nil {
		t.Fatal(err)
	}
	p := ports{webhook: free[0], apiserver: free[1]}
	o := w.buildOverlay(p)
	schemaRefuses(w)

	w.run("wait", "--for=create", "--timeout=600s", "namespace/default", "namespace/kube-system") // kube-apiserver makes them
	w.run("apply", "-f", w.manifest("apiserver/namespace.yaml"))
	w.run("create", "secret", "generic", "tollgate-ledger", "-n", namespace, "--from-literal=url=redis://127.0.0.1:1")
	w.run("apply", "--validate=strict", "-f", o.file, "-l", "tollgate.dev/apply!=last")
	objects := o.of("cert-manager.io")
	if len(objects) != 8 {
		t.Fatalf("the overlay has %d objects of cert-manager: %q, want two Issuers and two Certificates for each server", len(objects), objects)
	}
	w.run(append([]string{"wait", "--for=condition=Ready", "--timeout=600s", "-n", namespace}, objects...)...)

	webhook := w.podOf(o, "tollgate-webhook")
	w.eventually("the volumes are there", webhook.mount)
	health := cluster.Loopback(free[2])
	w.startProgram("tollgate-webhook", append(webhook.args(), fmt.Sprintf("--secure-port=%d", p.webhook),
		"--metrics-bind-address="+cluster.Loopback(free[3]), "--health-probe-bind-address="+health, "--shutdown-delay-duration=0s",
		"--policy-patience=60", "--review-timeout=30s", // a busy machine is not what is tested
	), func(ctx context.Context) error { return rig.Ready(ctx, health) })
	apiserver := w.podOf(o, "tollgate-apiserver")
	w.eventually("the volumes are there", apiserver.mount)
	w.startProgram("tollgate-apiserver", append(apiserver.args(), fmt.Sprintf("--secure-port=%d", p.apiserver),
		"--mimir-url=http://127.0.0.1:1", "--shutdown-delay-duration=0s"), nil)

	w.run("apply", "--validate=strict", "-f", o.file)
	injected(w)
	w.run("wait", "--for=condition=Available", "--timeout=600s", "apiservice/v1alpha1.metering.tollgate.dev", "apiservice/v1alpha1.policy.tollgate.dev")
	for _, resource := range []string{"budgets", "policyviolations"} {
		w.eventually(resource+" are served", func(ctx context.Context) error { // discovery is a moment later than the condition
			_, _, err := w.admin.Run(ctx, "get", resource, "-A")
			return err
		})
	}
	judged(w)
	served(w, webhook, p.webhook)

	t.Run("the manifests applied again take no authority away", func(t *testing.T) { w.in(t).appliedAgain(o) })
	t.Run("a renewed certificate is served without a restart", func(t *testing.T) { w.in(t).renewed(webhook, p.webhook) })
}

// schemaRefuses shows that cert-manager's schema is asked, and strictly.
func schemaRefuses(w *world) {
	const certificate = `
apiVersion: cert-manager.io/v1
kind: Certificate
metadata: {name: refused, namespace: default}
spec: {issuerRef: {kind: Issuer, name: any}, `
	for _, tt := range []struct{ name, spec, want string }{
		{name: "a field that there is not", spec: "secretName: a, dnsName: a.example}", want: `unknown field "spec.dnsName"`},
		{name: "a field that is missing", spec: "dnsNames: [a.example]}", want: "spec.secretName: Required value"},
		{name: "a value that there is not", spec: "secretName: a, dnsNames: [a.example], privateKey: {rotationPolicy: Sometimes}}", want: "spec.privateKey.rotationPolicy: Unsupported value"},
	} {
		if got := w.refusal(w.t.Context(), certificate+tt.spec); !strings.Contains(got, tt.want) {
			w.t.Errorf("%s: refused without %q: %s", tt.name, tt.want, got)
		}
	}
}

// bundles reads the authorities of everything that kube-apiserver calls by.
func bundles(ctx context.Context, w *world) (map[string][]string, error) {
	found := map[string][]string{}
	for _, one := range []struct{ object, path string }{
		{object: "validatingwebhookconfiguration/tollgate", path: "{range .webhooks[*]}[{.clientConfig.caBundle}]{end}"},
		{object: "mutatingwebhookconfiguration/tollgate", path: "{range .webhooks[*]}[{.clientConfig.caBundle}]{end}"},
		{object: "apiservice/v1alpha1.metering.tollgate.dev", path: "[{.spec.caBundle}]"},
		{object: "apiservice/v1alpha1.policy.tollgate.dev", path: "[{.spec.caBundle}]"},
	} {
		out, _, err := w.admin.Run(ctx, "get", one.object, "-o", "jsonpath="+one.path)
		if err != nil {
			return nil, err
		}
		found[one.object] = strings.Split(strings.Trim(out, "[]"), "][")
	}
	return found, nil
}

// injected waits until everything that kube-apiserver calls by has the authority of its server's certificate, and no other server's.
func injected(w *world) {
	w.t.Helper()
	w.eventually("the authorities are injected", func(ctx context.Context) error {
		webhook, err := w.secret(ctx, webhookSecret)
		if err != nil {
			return err
		}
		apiserver, err := w.secret(ctx, apiserverSecret)
		if err != nil {
			return err
		}
		if bytes.Equal(webhook.Data[authority], apiserver.Data[authority]) {
			return errors.New("the two servers have one authority: who holds the key of one could answer for the other")
		}
		found, err := bundles(ctx, w)
		for object, all := range found {
			want := webhook.Data[authority]
			if strings.HasPrefix(object, "apiservice/") {
				want = apiserver.Data[authority]
			}
			for i, got := range all {
				if got == "" || got != base64.StdEncoding.EncodeToString(want) {
					err = errors.Join(err, fmt.Errorf("%s, entry %d: authority %q, want %q", object, i, got, want))
				}
			}
		}
		return err
	})
}

// judged has the webhook refuse something, which takes a connection that kube-apiserver trusts.
func judged(w *world) {
	w.t.Helper()
	const policy = `
apiVersion: tollgate.dev/v1alpha1
kind: AdmissionPolicy
metadata: {name: typo}
spec:
  match: {kinds: [{apiGroups: [""], kinds: [ConfigMap]}]}
  rego: |
    package typo
    violation contains {"msg": m} if m := nosuch(1)
`
	w.eventually("kube-apiserver asks the webhook, and trusts it", func(ctx context.Context) error {
		if got := w.refusal(ctx, policy); !strings.Contains(got, "denied the request") || !strings.Contains(got, "rego_type_error") {
			return fmt.Errorf("not refused by the webhook: %q", got)
		}
		return nil
	})
}

// served waits until the webhook serves the certificate of the Secret, which its authority verifies, and returns it.
func served(w *world, webhook *pod, port int) (leaf *x509.Certificate) {
	w.t.Helper()
	w.eventually("the issued certificate is served", func(ctx context.Context) error {
		if err := webhook.mount(ctx); err != nil {
			return err
		}
		secret, err := w.secret(ctx, webhookSecret)
		if err != nil {
			return err
		}
		block, _ := pem.Decode(secret.Data[corev1.TLSCertKey])
		if block == nil {
			return errors.New("the Secret has no certificate")
		}
		roots := x509.NewCertPool()
		roots.AppendCertsFromPEM(secret.Data[authority])
		dialer := tls.Dialer{Config: &tls.Config{RootCAs: roots, ServerName: rig.ServiceName, MinVersion: tls.VersionTLS12, NextProtos: []string{"h2"}}}
		conn, err := dialer.DialContext(ctx, "tcp", cluster.Loopback(port))
		if err != nil {
			return err
		}
		defer conn.Close()
		leaf = conn.(*tls.Conn).ConnectionState().PeerCertificates[0]
		if !bytes.Equal(leaf.Raw, block.Bytes) {
			return fmt.Errorf("number %v is served, which is not that of the Secret", leaf.SerialNumber)
		}
		return nil
	})
	return leaf
}

// in has failures belong to a test of its own.
func (w *world) in(t *testing.T) *world {
	other := *w
	other.t = t
	return &other
}

// appliedAgain applies the manifests, which say nothing of authorities, once more, both ways.
func (w *world) appliedAgain(o *overlay) {
	registered := []string{
		"get", "validatingwebhookconfiguration/tollgate", "mutatingwebhookconfiguration/tollgate",
		"-o", "jsonpath={range .items[*]}{.kind} {.metadata.generation},{end}",
	}
	before := w.run(registered...)
	w.run("apply", "-f", o.file)
	if after := w.run(registered...); after != before {
		w.t.Errorf("apply changed the webhook configurations: generations %s, then %s", before, after)
	}
	// Who changes from kubectl's apply to a GitOps tool's has this conflict resolved by the tool, as here.
	w.run("apply", "--server-side", "--force-conflicts", "-f", o.file)
	if after := w.run(registered...); after != before {
		w.t.Errorf("server-side apply changed the webhook configurations: generations %s, then %s", before, after)
	}
	injected(w)
}

// renewed has cert-manager issue the webhook's certificate anew.
func (w *world) renewed(webhook *pod, port int) {
	before := served(w, webhook, port)
	w.run("delete", "secret", webhookSecret, "-n", namespace)
	after := served(w, webhook, port) // once there is a Secret again
	if before.SerialNumber.Cmp(after.SerialNumber) == 0 {
		w.t.Errorf("the certificate %v is served still", before.SerialNumber)
	}
	injected(w)
	judged(w)
}
