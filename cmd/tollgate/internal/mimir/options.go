package mimir

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"strings"
	"time"

	"github.com/spf13/pflag"
	"k8s.io/client-go/transport"

	"tollgate.dev/tollgate/metering/usage"
)

// Options are the flags.
type Options struct {
	// URL of Mimir's Prometheus HTTP API; "" for no usage.
	URL string
	// TokenFile holds a bearer token.
	TokenFile string
	// CAFile holds the authorities that may sign Mimir's certificate.
	CAFile string
	// TargetLabels name one scraped gateway pod.
	TargetLabels []string
	// Match are labels, with their values, that the gateway's series and their targets' up must have.
	Match map[string]string
	// Timeout bounds how long an answer waits for Mimir.
	Timeout time.Duration
}

// AddFlags registers the flags.
func (o *Options) AddFlags(fs *pflag.FlagSet) {
	fs.StringVar(&o.URL, "mimir-url", o.URL,
		"Prometheus HTTP API of Mimir, for example http://mimir-gateway.mimir.svc/prometheus. Without it usage is not served.")
	fs.StringVar(&o.TokenFile, "mimir-token-file", o.TokenFile, "File with a bearer token for Mimir; read again when it changes.")
	fs.StringVar(&o.CAFile, "mimir-ca-file", o.CAFile, "File with the authorities (PEM) that sign Mimir's certificate, where the system's do not.")
	fs.StringSliceVar(&o.TargetLabels, "mimir-target-labels", o.TargetLabels,
		"Labels that together name one scraped gateway pod in Mimir.")
	fs.StringToStringVar(&o.Match, "mimir-match", o.Match,
		"Labels that the gateway's series, and the up of its pods, have: job=higress-gateway keeps counting from reading every other target of a tenant that holds more than the gateway.")
	fs.DurationVar(&o.Timeout, "mimir-timeout", o.Timeout, "How long an answer waits for Mimir. Then it shows rows without numbers.")
}

// Validate returns every mistake in the options.
func (o *Options) Validate() error {
	if o.URL == "" {
		return nil
	}
	var errs []error
	u, err := url.Parse(o.URL)
	switch {
	case err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https":
		errs = append(errs, errors.New("--mimir-url: must be a URL such as http://mimir-gateway.mimir.svc/prometheus"))
	case u.User != nil:
		errs = append(errs, errors.New("--mimir-url: a password on the command line can be read by everybody on the machine: use --mimir-token-file"))
	}
	if o.Timeout <= 0 {
		errs = append(errs, fmt.Errorf("--mimir-timeout is %s: give a positive duration", o.Timeout))
	}
	return errors.Join(errs...)
}

// Observer is told of each request to Mimir. It must be safe for concurrent use.
type Observer interface {
	Mimir(outcome string, took time.Duration)
}

// Mimir is an opened connection.
type Mimir struct {
	// Reader counts usage.
	Reader *usage.Reader

	client *http.Client
	ping   string
}

// Open returns a connection. It asks Mimir nothing: a Mimir that is away must
// not keep the server from starting.
func Open(o Options, observer Observer) (*Mimir, error) {
	rt, err := o.transport(observer)
	if err != nil {
		return nil, err
	}
	reader, err := usage.NewReader(usage.Options{Address: o.URL, Transport: rt, TargetLabels: o.TargetLabels, Conditions: o.Match, Timeout: o.Timeout})
	if err != nil {
		return nil, fmt.Errorf("setting up the reader of Mimir: %w", err)
	}
	return &Mimir{Reader: reader, client: &http.Client{Transport: rt}, ping: strings.TrimRight(o.URL, "/") + "/api/v1/status/buildinfo"}, nil
}

func (o Options) transport(observer Observer) (http.RoundTripper, error) {
	base, ok := http.DefaultTransport.(*http.Transport)
	if !ok {
		return nil, errors.New("the default HTTP transport was replaced")
	}
	t := base.Clone()
	t.MaxIdleConnsPerHost = 16
	if o.CAFile != "" {
		pem, err := os.ReadFile(o.CAFile)
		if err != nil {
			return nil, fmt.Errorf("--mimir-ca-file: %w", err)
		}
		pool := x509.NewCertPool()
		if !pool.AppendCertsFromPEM(pem) {
			return nil, fmt.Errorf("--mimir-ca-file: %s holds no PEM certificate", o.CAFile)
		}
		t.TLSClientConfig = &tls.Config{RootCAs: pool, MinVersion: tls.VersionTLS12}
	}
	var rt http.RoundTripper = t
	if o.TokenFile != "" {
		with, err := transport.NewBearerAuthWithRefreshRoundTripper("", o.TokenFile, rt)
		if err != nil {
			return nil, fmt.Errorf("--mimir-token-file: %w", err)
		}
		rt = with
	}
	return observed{next: rt, observer: observer}, nil
}

// Ping asks whether Mimir is there.
func (m *Mimir) Ping(ctx context.Context) error {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, m.ping, nil)
	if err != nil {
		return fmt.Errorf("asking Mimir: %w", err)
	}
	resp, err := m.client.Do(req)
	if err != nil {
		return fmt.Errorf("asking Mimir: %w", err)
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		return fmt.Errorf("asking Mimir: it answered %s", resp.Status)
	}
	return nil
}

// observed counts requests.
type observed struct {
	next     http.RoundTripper
	observer Observer
}

// RoundTrip implements http.RoundTripper.
func (o observed) RoundTrip(req *http.Request) (*http.Response, error) {
	start := time.Now()
	resp, err := o.next.RoundTrip(req)
	outcome := "error"
	if err == nil {
		outcome = fmt.Sprintf("%dxx", resp.StatusCode/100)
	}
	o.observer.Mimir(outcome, time.Since(start))
	return resp, err
}
