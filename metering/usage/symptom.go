package usage

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strconv"
	"syscall"
	"time"
)

const (
	cutOff = "gave an answer that is cut off"
	late   = "did not answer in time"
)

// said is what Mimir itself says, which is a cause and nothing for whoever asked:
// it names pods, addresses and labels.
func said(text string) error { return fmt.Errorf("it says: %s", excerpt(text)) }

// broken is the error of a request that had no whole answer.
func broken(ctx context.Context, tenant string, status int, err error) error {
	e := &Error{Kind: Unreachable, Tenant: tenant, Status: status, Err: err}
	var timeout net.Error
	switch {
	case ctx.Err() != nil, errors.Is(err, context.DeadlineExceeded), errors.As(err, &timeout) && timeout.Timeout():
		e.Kind, e.Detail = Timeout, late
	case errors.Is(err, io.ErrUnexpectedEOF):
		e.Kind, e.Detail = Malformed, cutOff
	default:
		e.Detail = symptom(err)
	}
	return e
}

// symptom says what the network's error means, without the names and addresses
// that its own text holds.
func symptom(err error) string {
	var name *net.DNSError
	var certificate *tls.CertificateVerificationError
	switch {
	case errors.Is(err, syscall.ECONNREFUSED):
		return "refuses connections"
	case errors.As(err, &name):
		return "cannot be found: its name is not known"
	case errors.As(err, &certificate):
		return "shows a certificate that is not trusted"
	case errors.Is(err, syscall.ECONNRESET), errors.Is(err, syscall.EPIPE), errors.Is(err, io.EOF):
		return "broke the connection"
	default:
		return "cannot be reached"
	}
}

// refused is the error of an answer that is not 200.
func refused(tenant string, resp *http.Response) error {
	e := &Error{Tenant: tenant, Status: resp.StatusCode}
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
	// What is read of the text is for the log, so an error in reading it makes it shorter and no more.
	text, _ := io.ReadAll(io.LimitReader(resp.Body, maxError))
	e.Err = fmt.Errorf("the answer is %d: %w", resp.StatusCode, said(string(text)))
	return e
}
