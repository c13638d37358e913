package controller_test

import (
	"crypto/tls"
	"fmt"
	"io"
	"net/http"
	"strings"
)

// get returns the status code and the body of an answer, without credentials.
func (r *rig) get(url string) (int, string) {
	r.Helper()
	client := &http.Client{Transport: &http.Transport{
		TLSClientConfig: &tls.Config{InsecureSkipVerify: true}, DisableKeepAlives: true, //nolint:gosec // the certificate is the server's own
	}}
	req, err := http.NewRequestWithContext(r.Context(), http.MethodGet, url, nil)
	if err != nil {
		r.Fatal(err)
	}
	resp, err := client.Do(req)
	if err != nil {
		r.Fatal(err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		r.Fatal(err)
	}
	return resp.StatusCode, string(body)
}

// leads tells whether a replica has written limits.
func (r *rig) leads(c *replica) bool {
	r.Helper()
	_, body := r.get("http://" + c.metrics + "/metrics")
	return strings.Contains(body, "tollgate_limits_writes_total{")
}

// metricsAreForThoseWhoMay asks a replica that serves metrics by HTTPS.
func (r *rig) metricsAreForThoseWhoMay(c *replica) {
	r.Helper()
	if code, _ := r.get("https://" + c.metrics + "/metrics"); code != http.StatusUnauthorized {
		r.Errorf("an unknown caller gets %d", code)
	}
	r.kubectl("create", "serviceaccount", "prometheus", "-n", "default")
	token := strings.TrimSpace(r.kubectl("create", "token", "prometheus", "-n", "default"))
	ask := func() (int, string) {
		req, err := http.NewRequestWithContext(r.Context(), http.MethodGet, "https://"+c.metrics+"/metrics", nil)
		if err != nil {
			r.Fatal(err)
		}
		req.Header.Set("Authorization", "Bearer "+token)
		client := &http.Client{Transport: &http.Transport{
			TLSClientConfig: &tls.Config{InsecureSkipVerify: true}, DisableKeepAlives: true, //nolint:gosec // as above
		}}
		resp, err := client.Do(req)
		if err != nil {
			r.Fatal(err)
		}
		defer resp.Body.Close()
		body, err := io.ReadAll(resp.Body)
		if err != nil {
			r.Fatal(err)
		}
		return resp.StatusCode, string(body)
	}
	if code, body := ask(); code != http.StatusForbidden {
		r.Errorf("a caller without rights gets %d: %s", code, body)
	}
	r.kubectl("create", "clusterrole", "metrics", "--verb=get", "--non-resource-url=/metrics")
	r.kubectl("create", "clusterrolebinding", "metrics", "--clusterrole=metrics", "--serviceaccount=default:prometheus")
	r.eventually("a caller with rights gets metrics", func() error {
		code, body := ask()
		for _, want := range []string{"tollgate_objects_synced{", "tollgate_backend_up{", "leader_election_master_status{"} {
			if code != http.StatusOK || !strings.Contains(body, want) {
				return fmt.Errorf("%d without %s", code, want)
			}
		}
		return nil
	})
}
