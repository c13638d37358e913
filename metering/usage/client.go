package usage

import (
	"context"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"
)

// tenantHeader names the tenant of a request to Mimir.
const tenantHeader = "X-Scope-OrgID"

// maxError is how much of an error's text is read.
const maxError = 4 << 10

// client speaks the Prometheus HTTP API.
type client struct {
	base    string
	http    *http.Client
	maxBody int64
}

func newClient(base string, transport http.RoundTripper, maxBody int64) (*client, error) {
	u, err := url.Parse(base)
	if err != nil || (u.Scheme != "http" && u.Scheme != "https") || u.Host == "" {
		return nil, errors.New("the address of Mimir must be that of its Prometheus API, such as http://mimir.example:8080/prometheus")
	}
	if u.User != nil || u.RawQuery != "" || u.Fragment != "" {
		return nil, errors.New("the address of Mimir must hold no user, password, query or fragment: give credentials apart")
	}
	return &client{
		base: strings.TrimRight(base, "/"),
		http: &http.Client{
			Transport: transport,
			// The tenant's header must reach nobody else.
			CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		},
		maxBody: maxBody,
	}, nil
}

// queryRange evaluates an expression at start, start + step, ... until end.
func (c *client) queryRange(ctx context.Context, tenant, query string, start, end time.Time, step time.Duration, each func(series) error) error {
	return c.do(ctx, tenant, "query_range", url.Values{
		"query": {query}, "start": {instant(start)}, "end": {instant(end)},
		"step": {strconv.FormatFloat(step.Seconds(), 'f', 3, 64)},
	}, each)
}

// samples returns the samples of a range selector before the instant.
func (c *client) samples(ctx context.Context, tenant, query string, at time.Time, each func(series) error) error {
	return c.do(ctx, tenant, "query", url.Values{"query": {query}, "time": {instant(at)}}, each)
}

func instant(t time.Time) string {
	return strconv.FormatInt(t.Unix(), 10) + fmt.Sprintf(".%03d", t.Nanosecond()/1e6)
}

func (c *client) do(ctx context.Context, tenant, endpoint string, form url.Values, each func(series) error) error {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, c.base+"/api/v1/"+endpoint, strings.NewReader(form.Encode()))
	if err != nil {
		return &Error{Kind: Unreachable, Tenant: tenant, Err: err}
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	req.Header.Set("Accept", "application/json")
	req.Header.Set(tenantHeader, tenant)
	resp, err := c.http.Do(req)
	if err != nil {
		return broken(ctx, tenant, 0, err)
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		return refused(tenant, resp)
	}
	bad := &Error{Kind: Malformed, Tenant: tenant, Status: resp.StatusCode}
	if !isJSON(resp) {
		bad.Err = fmt.Errorf("the answer is of type %q, not application/json", excerpt(resp.Header.Get("Content-Type")))
		return bad
	}
	body := &capped{r: resp.Body, left: c.maxBody}
	a, err := decode(body, each)
	switch {
	case body.over:
		bad.Kind, bad.Detail = TooLarge, fmt.Sprintf("gave an answer that is longer than %d MiB", c.maxBody>>20)
		return bad
	case body.err != nil:
		return broken(ctx, tenant, resp.StatusCode, body.err)
	case errors.Is(err, io.ErrUnexpectedEOF):
		bad.Detail, bad.Err = cutOff, err
		return bad
	case err != nil:
		bad.Err = err
		return bad
	case a.status != "success":
		bad.Kind, bad.Err = Refused, said(a.errorType+": "+a.message)
		return bad
	case len(a.warnings) > 0:
		// Prometheus warns when an answer may be incomplete, and what is incomplete is not known.
		bad.Kind, bad.Detail, bad.Err = Failed, "gave an answer that may not be whole", said(strings.Join(a.warnings, "; "))
		return bad
	}
	return nil
}

func isJSON(resp *http.Response) bool {
	kind, _, err := mime.ParseMediaType(resp.Header.Get("Content-Type"))
	return err == nil && kind == "application/json"
}

// capped reads at most left bytes and remembers what ended the reading.
type capped struct {
	r    io.Reader
	left int64
	over bool
	err  error
}

func (c *capped) Read(p []byte) (int, error) {
	if c.left <= 0 {
		c.over = true
		return 0, errors.New("the answer is too long")
	}
	if int64(len(p)) > c.left {
		p = p[:c.left]
	}
	n, err := c.r.Read(p)
	c.left -= int64(n)
	if err != nil && !errors.Is(err, io.EOF) {
		c.err = err
	}
	return n, err
}
