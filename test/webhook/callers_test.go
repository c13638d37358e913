package webhook_test

import (
	"bytes"
	"context"
	"crypto/tls"
	"encoding/base64"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"tollgate.dev/tollgate/hack/cluster"
	"tollgate.dev/tollgate/test/webhook/rig"
)

// kubeAPIServer is whom the webhook answers in TestCallers.
const kubeAPIServer = "kube-apiserver-of-the-test"

// admissionConfiguration has kube-apiserver show a certificate to webhooks.
const admissionConfiguration = `
apiVersion: apiserver.config.k8s.io/v1
kind: AdmissionConfiguration
plugins:
- name: ValidatingAdmissionWebhook
  configuration: {apiVersion: apiserver.config.k8s.io/v1, kind: WebhookAdmissionConfiguration, kubeConfigFile: %[1]s}
- name: MutatingAdmissionWebhook
  configuration: {apiVersion: apiserver.config.k8s.io/v1, kind: WebhookAdmissionConfiguration, kubeConfigFile: %[1]s}
`

// TestCallers has a webhook that answers only kube-apiserver, which shows it a
// certificate. Readiness and metrics are asked without.
func TestCallers(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	file := func(name string, data []byte) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, data, 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	ca, err := cluster.NewCA("callers")
	if err != nil {
		t.Fatal(err)
	}
	pair, err := ca.Client(kubeAPIServer)
	if err != nil {
		t.Fatal(err)
	}
	// The Service has a port of its own here, which would be part of the user's name.
	credentials := file("webhooks.conf", fmt.Appendf(nil, "apiVersion: v1\nkind: Config\nusers: [{name: '*', user: {client-certificate-data: %s, client-key-data: %s}}]\n",
		base64.StdEncoding.EncodeToString(pair.Certificate), base64.StdEncoding.EncodeToString(pair.Key)))
	w := start(t, rig.Options{
		Args:          []string{"--client-ca-file=" + file("callers.crt", ca.PEM()), "--client-names=" + kubeAPIServer},
		APIServerArgs: []string{"--admission-control-config-file=" + file("admission.yaml", fmt.Appendf(nil, admissionConfiguration, credentials))},
	})
	w.passes(w.alice, ingress("own", "higress", "own.acme.example"))
	w.refused(w.alice, ingress("steal", "higress", "www.globex.example"), "route-hosts")
	if w.metric("tollgate_admission_policies", `state="able"`) == "" {
		t.Error("/metrics has no policies")
	}

	review := func(certificate *cluster.Pair) (int, string) {
		t.Helper()
		code, body, err := post(t.Context(), w.Replicas[0].Address, certificate)
		if err != nil {
			t.Fatal(err)
		}
		return code, body
	}
	if code, body := review(nil); code != http.StatusForbidden || !strings.Contains(body, "--client-ca-file") {
		t.Errorf("without a certificate: %d %s", code, body)
	}
	kubelet, err := ca.Client("system:node:a")
	if err != nil {
		t.Fatal(err)
	}
	if code, body := review(&kubelet); code != http.StatusForbidden || !strings.Contains(body, "system:node:a") {
		t.Errorf("with somebody else's certificate: %d %s", code, body)
	}
	if code, body := review(&pair); code != http.StatusOK || !strings.Contains(body, "AdmissionReview") {
		t.Errorf("with kube-apiserver's: %d %s", code, body)
	}
	other, err := cluster.NewCA("others")
	if err != nil {
		t.Fatal(err)
	}
	forged, err := other.Client(kubeAPIServer)
	if err != nil {
		t.Fatal(err)
	}
	if code, _, err := post(t.Context(), w.Replicas[0].Address, &forged); err == nil {
		t.Errorf("with a certificate of its own making: %d", code)
	}
}

// post asks a replica to judge nothing in particular, with a certificate or none.
func post(ctx context.Context, address string, certificate *cluster.Pair) (int, string, error) {
	// What it serves is for other tests to judge.
	config := &tls.Config{InsecureSkipVerify: true, MinVersion: tls.VersionTLS12}
	if certificate != nil {
		c, err := tls.X509KeyPair(certificate.Certificate, certificate.Key)
		if err != nil {
			return 0, "", err
		}
		config.GetClientCertificate = func(*tls.CertificateRequestInfo) (*tls.Certificate, error) { return &c, nil }
	}
	transport := &http.Transport{TLSClientConfig: config}
	defer transport.CloseIdleConnections()
	body := `{"apiVersion":"admission.k8s.io/v1","kind":"AdmissionReview","request":{"uid":"u"}}`
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, "https://"+address+"/validate", bytes.NewBufferString(body))
	if err != nil {
		return 0, "", err
	}
	req.Header.Set("Content-Type", "application/json")
	resp, err := (&http.Client{Transport: transport}).Do(req)
	if err != nil {
		return 0, "", err
	}
	defer resp.Body.Close()
	answer, err := io.ReadAll(resp.Body)
	return resp.StatusCode, string(answer), err
}
