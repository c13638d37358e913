package main

import (
	"context"
	"crypto/tls"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"runtime"
	"time"

	"k8s.io/client-go/rest"

	"tollgate.dev/tollgate/hack/cluster"
)

// target is one list of a server.
type target struct{ name, url string }

// sample is the cost of one list, to this process: client and server alike.
type sample struct {
	took          time.Duration
	allocs, bytes uint64
}

// client lists with an administrator's certificate, over HTTP/2.
type client struct {
	http   *http.Client
	buffer []byte
}

func newClient(plane *cluster.ControlPlane) (*client, error) {
	cfg, err := plane.Config(cluster.Admin())
	if err != nil {
		return nil, err
	}
	tlsConfig, err := rest.TLSConfigFor(cfg)
	if err != nil {
		return nil, fmt.Errorf("reading the administrator's certificate: %w", err)
	}
	// Both servers have self-signed certificates of this process.
	tlsConfig.InsecureSkipVerify = true
	transport := &http.Transport{
		TLSClientConfig:    &tls.Config{Certificates: tlsConfig.Certificates, GetClientCertificate: tlsConfig.GetClientCertificate, InsecureSkipVerify: true},
		ForceAttemptHTTP2:  true,
		DisableCompression: true,
	}
	return &client{http: &http.Client{Transport: transport}, buffer: make([]byte, 256<<10)}, nil
}

func (c *client) list(ctx context.Context, t target) (*http.Response, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, t.url, nil)
	if err != nil {
		return nil, fmt.Errorf("listing %s: %w", t.name, err)
	}
	req.Header.Set("Accept", "application/json")
	resp, err := c.http.Do(req)
	if err != nil {
		return nil, fmt.Errorf("listing %s: %w", t.name, err)
	}
	return resp, nil
}

// check waits until the server answers and makes sure that both lists are what
// they are taken for.
func (c *client) check(ctx context.Context, t target) error {
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	for {
		err := c.complete(ctx, t)
		if err == nil {
			return nil
		}
		select {
		case <-ctx.Done():
			return err
		case <-time.After(250 * time.Millisecond):
		}
	}
}

func (c *client) complete(ctx context.Context, t target) error {
	resp, err := c.list(ctx, t)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	var list struct {
		Items []struct {
			Status *struct {
				Spent string `json:"spent"`
			} `json:"status"`
		} `json:"items"`
	}
	if err := json.NewDecoder(resp.Body).Decode(&list); err != nil {
		return fmt.Errorf("%s answered %s: %w", t.name, resp.Status, err)
	}
	if resp.ProtoMajor != 2 || len(list.Items) != objects {
		return fmt.Errorf("%s answered %s over %s with %d objects, not %d over HTTP/2", t.name, resp.Status, resp.Proto, len(list.Items), objects)
	}
	for _, item := range list.Items {
		if item.Status != nil && item.Status.Spent == "" {
			return fmt.Errorf("%s: a budget's spend is unknown", t.name)
		}
	}
	return nil
}

func (c *client) measure(ctx context.Context, t target) (sample, error) {
	runtime.GC()
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	began := time.Now()
	resp, err := c.list(ctx, t)
	if err != nil {
		return sample{}, err
	}
	defer resp.Body.Close()
	if _, err := io.CopyBuffer(struct{ io.Writer }{io.Discard}, resp.Body, c.buffer); err != nil {
		return sample{}, fmt.Errorf("reading the list of %s: %w", t.name, err)
	}
	took := time.Since(began)
	runtime.ReadMemStats(&after)
	if resp.StatusCode != http.StatusOK {
		return sample{}, fmt.Errorf("listing %s: %s", t.name, resp.Status)
	}
	return sample{took: took, allocs: after.Mallocs - before.Mallocs, bytes: after.TotalAlloc - before.TotalAlloc}, nil
}
