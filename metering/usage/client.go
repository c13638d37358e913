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
		return &Error{Kind: Unreachable, Tenant: tenant, Detail: excerpt(err.Error()), Err: err}
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
	if kind, _, err := mime.ParseMediaType(resp.Header.Get("Content-Type")); err != nil || kind != "application/json" {
		return &Error{Kind: Malformed, Tenant: tenant, Status: resp.StatusCode,
			Detail: fmt.Sprintf("the answer is of type %q, not application/json", excerpt(resp.Header.Get("Content-Type")))}
	}
	body := &capped{r: resp.Body, left: c.maxBody}
	a, err := decode(body, each)
	switch {
	case body.over:
		return &Error{Kind: TooLarge, Tenant: tenant, Status: resp.StatusCode,
			Detail: fmt.Sprintf("the answer is longer than %d MiB", c.maxBody>>20)}
	case body.err != nil:
		return broken(ctx, tenant, resp.StatusCode, body.err)
	case errors.Is(err, io.ErrUnexpectedEOF):
		return &Error{Kind: Malformed, Tenant: tenant, Status: resp.StatusCode, Detail: "the answer is cut off", Err: err}
	case err != nil:
		return &Error{Kind: Malformed, Tenant: tenant, Status: resp.StatusCode, Detail: excerpt(err.Error()), Err: err}
	case a.status != "success":
		return &Error{Kind: Refused, Tenant: tenant, Status: resp.StatusCode, Detail: excerpt(a.errorType + ": " + a.message)}
	case len(a.warnings) > 0:
		// Prometheus warns when an answer may be incomplete, and what is incomplete is not known.
		return &Error{Kind: Failed, Tenant: tenant, Status: resp.StatusCode, Detail: excerpt("Mimir warns: " + strings.Join(a.warnings, "; "))}
	}
	return nil
}

// broken is the error of a request that had no whole answer.
func broken(ctx context.Context, tenant string, status int, err error) error {
	e := &Error{Kind: Unreachable, Tenant: tenant, Status: status, Err: err}
	var u *url.Error
	if errors.As(err, &u) {
		err = u.Err // without the address, which the reader of the message may not know
	}
	e.Detail = "no answer: " + excerpt(err.Error())
	if ctx.Err() != nil || errors.Is(err, context.DeadlineExceeded) {
		e.Kind, e.Detail = Timeout, "no answer in time"
	} else if errors.Is(err, io.ErrUnexpectedEOF) {
		e.Kind, e.Detail = Malformed, "the answer is cut off"
	}
	return e
}

// refused is the error of an answer that is not 200.
func refused(tenant string, resp *http.Response) error {
	e := &Error{Tenant: tenant, Status: resp.StatusCode, Detail: fmt.Sprintf("Mimir answered %d", resp.StatusCode)}
	switch s := resp.StatusCode; {
	case s == http.StatusTooManyRequests:
		e.Kind = Overloaded
	case s >= 500:
		e.Kind = Failed
	case s >= 400:
		e.Kind = Refused
	default:
		e.Kind = Malformed
	}
	if n, err := strconv.Atoi(resp.Header.Get("Retry-After")); err == nil && n > 0 && n <= 3600 {
		e.RetryAfter = time.Duration(n) * time.Second
	}
	body := io.LimitReader(resp.Body, maxError)
	if kind, _, err := mime.ParseMediaType(resp.Header.Get("Content-Type")); err == nil && kind == "application/json" {
		if a, err := decode(body, func(series) error { return nil }); err == nil && a.message != "" {
			e.Detail += " (" + excerpt(a.message) + ")"
		}
	}
	return e
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
