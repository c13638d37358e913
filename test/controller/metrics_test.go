package controller_test

import (
	"crypto/tls"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
)

// get returns the status code and the body of an answer, to whoever has the token if there is one.
func (r *rig) get(url, token string) (int, string, error) {
	req, err := http.NewRequestWithContext(r.Context(), http.MethodGet, url, nil)
	if err != nil {
		return 0, "", err
	}
	if token != "" {
		req.Header.Set("Authorization", "Bearer "+token)
	}
	client := &http.Client{Transport: &http.Transport{
		TLSClientConfig: &tls.Config{InsecureSkipVerify: true}, DisableKeepAlives: true, //nolint:gosec // the certificate is the server's own
	}}
	resp, err := client.Do(req)
	if err != nil {
		return 0, "", err
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	return resp.StatusCode, string(body), err
}

// leads tells whether a replica has written limits. It counts a write when it has its answer, a moment after the ledger shows it.
func (r *rig) leads(c *replica) (bool, error) {
	_, body, err := r.get("http://"+c.metrics+"/metrics", "")
	return strings.Contains(body, "tollgate_limits_writes_total{"), err
}

// organizationWrites returns how many statuses of Organizations a replica's process says it wrote.
func (r *rig) organizationWrites(c *replica) (writes int) {
	r.Helper()
	r.eventually("a replica says what it wrote", func() error {
		_, body, err := r.get("http://"+c.metrics+"/metrics", "")
		if err != nil {
			return err
		}
		writes = 0 // there is no series before the first
		if _, after, ok := strings.Cut(body, `tollgate_status_writes_total{kind="Organization",outcome="ok"} `); ok {
			line, _, _ := strings.Cut(after, "\n")
			writes, err = strconv.Atoi(line)
		}
		return err
	})
	return writes
}

// metricsAreForThoseWhoMay asks a replica that serves metrics by HTTPS.
func (r *rig) metricsAreForThoseWhoMay(c *replica) {
	r.Helper()
	answers := func(whom, token string, want int, wants ...string) {
		r.Helper()
		r.eventually(fmt.Sprintf("%s gets %d", whom, want), func() error {
			code, body, err := r.get("https://"+c.metrics+"/metrics", token)
			if err == nil && code != want {
				err = fmt.Errorf("%d: %s", code, body)
			}
			for _, one := range wants {
				if err == nil && !strings.Contains(body, one) {
					err = fmt.Errorf("%d without %s", code, one)
				}
			}
			return err
		})
	}
	answers("an unknown caller", "", http.StatusUnauthorized)
	r.kubectl("create", "serviceaccount", "prometheus", "-n", "default")
	token := strings.TrimSpace(r.kubectl("create", "token", "prometheus", "-n", "default"))
	answers("a caller without rights", token, http.StatusForbidden)
	r.kubectl("create", "clusterrole", "metrics", "--verb=get", "--non-resource-url=/metrics")
	r.kubectl("create", "clusterrolebinding", "metrics", "--clusterrole=metrics", "--serviceaccount=default:prometheus")
	answers("a caller with rights", token, http.StatusOK, "tollgate_objects_synced{", "tollgate_backend_up{", "leader_election_master_status{")
}
