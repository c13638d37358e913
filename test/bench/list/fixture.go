package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"

	"k8s.io/client-go/rest"

	"tollgate.dev/tollgate/hack/cluster"
	"tollgate.dev/tollgate/hack/supervise"
	"tollgate.dev/tollgate/metering/ledger"
	"tollgate.dev/tollgate/metering/money"
	"tollgate.dev/tollgate/test/apiserver/rig"
	"tollgate.dev/tollgate/test/bench/cores"
	"tollgate.dev/tollgate/test/bench/report"
)

const (
	rows      = 10_000
	groups    = 5
	namespace = "bench"
	org       = "bench"
	// One row is the project's, and one each group's.
	users = rows - 1 - groups
)

// objects is an organization with 10,000 budgets.
func objects() []byte {
	var b bytes.Buffer
	fmt.Fprintf(&b, `
apiVersion: v1
kind: Namespace
metadata: {name: %[1]s}
---
apiVersion: tollgate.dev/v1alpha1
kind: Organization
metadata: {name: %[1]s}
spec: {namespaces: [%[1]s], budget: {limit: "5000000"}}
---
apiVersion: tollgate.dev/v1alpha1
kind: Project
metadata: {name: chat, namespace: %[1]s}
spec:
  organization: %[1]s
  budget: {limit: "4000000"}
  groups:
`, org)
	for g := range groups {
		fmt.Fprintf(&b, "  - name: %s\n    budget: {limit: \"1000000\"}\n    userBudget: {limit: \"500\"}\n    users:\n", groupName(g))
		for u := g; u < users; u += groups {
			fmt.Fprintf(&b, "    - {name: %s}\n", userName(u))
		}
	}
	return b.Bytes()
}

func groupName(g int) string { return fmt.Sprintf("team-%d", g) }
func userName(u int) string  { return fmt.Sprintf("user-%05d", u) }

func userPath(u int) ledger.Path {
	return ledger.Path(org + ".chat." + groupName(u%groups) + "." + userName(u))
}

// bench is the running parts.
type bench struct {
	rig      *rig.Rig
	group    *supervise.Group // of all processes
	endpoint endpoint         // our server, as a user who may read everything
	http     *http.Client     // the same
}

func newBench(ctx context.Context, r *rig.Rig, group *supervise.Group) (*bench, error) {
	b := &bench{rig: r, group: group}
	user := cluster.User{Name: "bench", Groups: []string{"bench"}}
	if _, _, err := r.Admin.Run(ctx, "create", "clusterrolebinding", "bench", "--clusterrole=tollgate-organizations-view", "--group=bench"); err != nil {
		return nil, err
	}
	cfg, err := r.Plane.Config(user)
	if err != nil {
		return nil, err
	}
	cfg.Host, cfg.CAData = r.URL, r.CA.PEM()
	b.endpoint = endpoint{URL: r.URL, CA: cfg.CAData, Cert: cfg.CertData, Key: cfg.KeyData}
	cfg.DisableCompression = true
	if b.http, err = rest.HTTPClientFor(cfg); err != nil {
		return nil, fmt.Errorf("making a client: %w", err)
	}
	return b, b.spend(ctx)
}

// apart measures with the server on processors of its own, and everybody else on the others.
func (b *bench) apart(measure func() ([]report.Result, error)) (results []report.Result, err error) {
	var others []int
	for _, p := range b.group.Processes() {
		if pid := p.PID(); pid != 0 && pid != b.rig.Server.PID() {
			others = append(others, pid)
		}
	}
	undo, err := cores.Apart([]int{b.rig.Server.PID()}, others)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, undo()) }()
	return measure()
}

func (b *bench) close() { b.http.CloseIdleConnections() }

// spend has every user spend something.
func (b *bench) spend(ctx context.Context) error {
	for u := range users {
		amount := money.Amount(rand.Int64N(int64(400 * money.Dollar)))
		if err := b.rig.Ledger.Record(ctx, fmt.Sprintf("bench-%08d", u), userPath(u), amount); err != nil {
			return err
		}
	}
	return nil
}

const listURL = "/apis/metering.tollgate.dev/v1alpha1/namespaces/" + namespace + "/budgets"

// fetch gets a path of our server.
func (b *bench) fetch(ctx context.Context, path, accept string, into *bytes.Buffer) (int64, error) {
	return get(ctx, b.http, b.rig.URL+path, accept, into)
}

// get gets a URL over HTTP/2 and returns the length of the answer, which is kept
// when into is given.
func get(ctx context.Context, client *http.Client, url, accept string, into *bytes.Buffer) (int64, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return 0, err
	}
	req.Header.Set("Accept", accept)
	resp, err := client.Do(req)
	if err != nil {
		return 0, fmt.Errorf("getting: %w", err)
	}
	defer resp.Body.Close()
	var w io.Writer = io.Discard
	if into != nil {
		into.Reset()
		w = into
	}
	n, err := io.Copy(w, resp.Body)
	switch {
	case err != nil:
		return n, fmt.Errorf("reading the answer: %w", err)
	case resp.StatusCode != http.StatusOK:
		return n, fmt.Errorf("GET %s: %s", url, resp.Status)
	case resp.ProtoMajor != 2:
		return n, errors.New("the answer did not come over HTTP/2")
	}
	return n, nil
}
