package webhook_test

import (
	"context"
	"crypto/tls"
	"fmt"
	"io"
	"net/http"
	"strings"
)

// metricsAreForWhoMay asks for /metrics as the manifests have it served: by HTTPS,
// to those whom RBAC gives the right of manifests/rbac/metrics.yaml.
func metricsAreForWhoMay(w *world) {
	w.t.Helper()
	const namespace = "tollgate-system"
	w.run(w.Admin, "apply", "-f", w.Manifest("rbac/metrics.yaml"))
	for _, account := range []string{"scraper", "stranger"} {
		w.run(w.Admin, "create", "serviceaccount", account, "-n", namespace)
	}
	w.run(w.Admin, "create", "clusterrolebinding", "scraper", "--clusterrole=tollgate-operations", "--serviceaccount="+namespace+":scraper")
	token := func(account string) string {
		return strings.TrimSpace(w.run(w.Admin, "create", "token", account, "-n", namespace))
	}
	// Its certificate is one that it makes itself: that nobody else listens there is not what is asked.
	client := &http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{InsecureSkipVerify: true, MinVersion: tls.VersionTLS12}}}
	defer client.CloseIdleConnections()
	for _, tt := range []struct {
		name, token string
		code        int
		has         string
	}{
		{name: "nobody", code: http.StatusUnauthorized},
		{name: "an account without the right", token: token("stranger"), code: http.StatusForbidden},
		{name: "an account with it", token: token("scraper"), code: http.StatusOK, has: `tollgate_admission_policies{state="able"}`},
	} {
		w.eventually("/metrics answers "+tt.name, func(ctx context.Context) error {
			req, err := http.NewRequestWithContext(ctx, http.MethodGet, "https://"+w.Replicas[0].Metrics+"/metrics", nil)
			if err != nil {
				return err
			}
			if tt.token != "" {
				req.Header.Set("Authorization", "Bearer "+tt.token)
			}
			resp, err := client.Do(req)
			if err != nil {
				return err
			}
			defer resp.Body.Close()
			body, err := io.ReadAll(resp.Body)
			if err == nil && (resp.StatusCode != tt.code || !strings.Contains(string(body), tt.has) || tt.has == "" && strings.Contains(string(body), "tollgate_")) {
				err = fmt.Errorf("%d, want %d and %q: %.300s", resp.StatusCode, tt.code, tt.has, body)
			}
			return err
		})
	}
}
