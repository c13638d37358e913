package usage_test

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"syscall"
	"testing"
	"time"

	"tollgate.dev/tollgate/metering/usage"
)

func lastHour(tenant string) usage.Query {
	until := time.Now().Truncate(time.Second)
	return usage.Query{Tenant: tenant, Organization: "acme", Since: until.Add(-time.Minute), Until: until}
}

// TestRubbish: whatever stands where Mimir should be, the answer is an error that
// says what is wrong and what to do, and never a count.
func TestRubbish(t *testing.T) {
	t.Parallel()
	reply := func(status int, kind, body string, header ...string) http.HandlerFunc {
		return func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", kind)
			for i := 0; i+1 < len(header); i += 2 {
				w.Header().Set(header[i], header[i+1])
			}
			w.WriteHeader(status)
			_, _ = w.Write([]byte(body))
		}
	}
	json := func(body string) http.HandlerFunc { return reply(200, "application/json", body) }
	series := func(value string) http.HandlerFunc {
		return matrix(`{"metric":{"ai_consumer":"acme.a.b.c"},"values":[[END,` + value + `]]}`)
	}
	unknown := "try again; if it stays, ask the platform's administrators"
	cut := "an answer that is cut off"
	odd := "an answer that is not understood"
	for _, tt := range []struct {
		name   string
		serve  http.HandlerFunc
		change func(*usage.Options)
		kind   usage.Kind
		says   []string // to whoever asked
		log    []string // only to the server's log: what Mimir said itself
	}{
		{name: "500", serve: reply(500, "application/json", `{"status":"error","errorType":"internal","error":"ingester 10.1.2.3:9095 is gone"}`),
			kind: usage.Failed, says: []string{"failed (500)", unknown}, log: []string{"ingester 10.1.2.3:9095"}},
		{name: "502 of a proxy", serve: reply(502, "text/html", `<html>bad gateway mimir-7f9c</html>`), kind: usage.Failed, says: []string{"failed (502)"}, log: []string{"mimir-7f9c"}},
		{name: "404", serve: reply(404, "text/plain", `no such path`), kind: usage.Refused, says: []string{"(404)", unknown}, log: []string{"no such path"}},
		{name: "401", serve: reply(401, "text/plain", `no org id`), kind: usage.Refused, says: []string{"(401)", unknown}, log: []string{"no org id"}},
		{name: "limit of the tenant", serve: reply(422, "application/json", `{"status":"error","errorType":"execution","error":"the query hit the aggregated data size limit"}`),
			kind: usage.Refused, says: []string{"(422)", "shorter window"}, log: []string{"aggregated data size limit"}},
		{name: "duplicate series in Mimir", serve: reply(422, "application/json", `{"status":"error","errorType":"execution","error":"found duplicate series for {pod=\"gw-1\"}"}`),
			kind: usage.Refused, log: []string{"duplicate series", "gw-1"}},
		{name: "429", serve: reply(429, "application/json", `{}`, "Retry-After", "7"), kind: usage.Overloaded, says: []string{"429", "try again in 7s"}},
		{name: "429 without a time", serve: reply(429, "text/plain", ``, "Retry-After", "soon"), kind: usage.Overloaded, says: []string{"try again later"}},
		{name: "a redirect", serve: reply(302, "text/plain", ``, "Location", "http://elsewhere.example/"), kind: usage.Malformed, says: []string{odd, "(302)"}},
		{name: "HTML", serve: reply(200, "text/html", `<html>login</html>`), kind: usage.Malformed, says: []string{odd, unknown}, log: []string{"text/html"}},
		{name: "no content type", serve: reply(200, "", `{}`), kind: usage.Malformed},
		{name: "HTML that says it is JSON", serve: json(`<html>`), kind: usage.Malformed},
		{name: "empty", serve: json(``), kind: usage.Malformed, says: []string{cut}},
		{name: "cut off", serve: json(`{"status":"success","data":{"resultType":"matrix","result":[{"metric":{"ai_`), kind: usage.Malformed, says: []string{cut}},
		{name: "cut off between series", serve: json(`{"status":"success","data":{"resultType":"matrix","result":[`), kind: usage.Malformed, says: []string{cut}},
		{name: "length promised and not kept", serve: reply(200, "application/json", `{"status":"succ`, "Content-Length", "4000"), kind: usage.Malformed, says: []string{cut}},
		{name: "more behind the end", serve: json(`{"status":"success","data":null}{}`), kind: usage.Malformed},
		{name: "no status", serve: json(`{"data":{"resultType":"matrix","result":[]}}`), kind: usage.Malformed, log: []string{"status"}},
		{name: "error with 200", serve: json(`{"status":"error","errorType":"bad_data","error":"x"}`), kind: usage.Refused, says: []string{"refused"}, log: []string{"bad_data: x"}},
		{name: "a vector", serve: json(`{"status":"success","data":{"resultType":"vector","result":[]}}`), kind: usage.Malformed, log: []string{"vector"}},
		{name: "result before its type", serve: json(`{"status":"success","data":{"result":[],"resultType":"matrix"}}`), kind: usage.Malformed},
		{name: "an array", serve: json(`[]`), kind: usage.Malformed},
		{name: "a warning", serve: json(`{"status":"success","data":{"resultType":"matrix","result":[]},"warnings":["store-gateway-3 was not read"]}`),
			kind: usage.Failed, says: []string{"may not be whole"}, log: []string{"store-gateway-3"}},
		{name: "NaN", serve: series(`"NaN"`), kind: usage.Malformed, log: []string{"NaN"}},
		{name: "infinity", serve: series(`"+Inf"`), kind: usage.Malformed, log: []string{"+Inf"}},
		{name: "negative", serve: series(`"-1"`), kind: usage.Malformed, log: []string{`"-1"`}},
		{name: "a fraction", serve: series(`"1.5"`), kind: usage.Malformed, log: []string{`"1.5"`}},
		{name: "beyond 2^53", serve: series(`"1e17"`), kind: usage.Malformed},
		{name: "no number", serve: series(`"many"`), kind: usage.Malformed, log: []string{"many"}},
		{name: "a value that is no string", serve: series(`{}`), kind: usage.Malformed},
		{name: "a time that was not asked for", serve: json(`{"status":"success","data":{"resultType":"matrix","result":[{"metric":{"ai_consumer":"acme.a.b.c"},"values":[[1,"1"]]}]}}`), kind: usage.Malformed},
		{name: "a series twice", serve: matrix(`{"metric":{"ai_consumer":"acme.a.b.c","ai_model":"m"},"values":[[END,"1"]]},{"metric":{"ai_model":"m","ai_consumer":"acme.a.b.c"},"values":[[END,"1"]]}`),
			kind: usage.Malformed, says: []string{odd}, log: []string{"twice", "acme.a.b.c"}},
		{name: "a series twice, one with an empty label", serve: matrix(`{"metric":{"ai_consumer":"acme.a.b.c"},"values":[[END,"1"]]},{"metric":{"ai_model":"","ai_consumer":"acme.a.b.c"},"values":[[END,"2"]]}`),
			kind: usage.Malformed, log: []string{"twice"}},
		{name: "a point twice", serve: matrix(`{"metric":{"ai_consumer":"acme.a.b.c"},"values":[[END,"1"],[END,"1"]]}`), kind: usage.Malformed, log: []string{"not behind"}},
		{name: "too long", serve: json(strings.Repeat(" ", 2000) + `{"status":"success","data":null}`), change: func(o *usage.Options) { o.MaxBody = 1000 }, kind: usage.TooLarge, says: []string{"shorter window"}},
		{name: "hung", serve: func(_ http.ResponseWriter, r *http.Request) {
			_, _ = io.Copy(io.Discard, r.Body) // the server sees that a client went away only behind the body
			<-r.Context().Done()
		},
			change: func(o *usage.Options) { o.Timeout = 50 * time.Millisecond }, kind: usage.Timeout, says: []string{"did not answer in time"}},
		{name: "connection cut", serve: func(w http.ResponseWriter, _ *http.Request) {
			conn, _, err := w.(http.Hijacker).Hijack()
			if err == nil {
				conn.Close()
			}
		}, kind: usage.Unreachable, says: []string{"broke the connection", unknown}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			server := httptest.NewServer(tt.serve)
			t.Cleanup(server.Close)
			r := newReader(t, server.URL+"/prometheus", tt.change)
			got, err := r.Totals(t.Context(), lastHour("tenant-7"))
			checkUnknown(t, err, tt.kind, tt.says, tt.log)
			if len(got) > 0 {
				t.Errorf("counted %v", got)
			}
			for _, hidden := range []string{server.Listener.Addr().String(), "127.0.0.1", "prometheus", "elsewhere.example"} {
				if strings.Contains(err.Error(), hidden) {
					t.Errorf("%q tells %q to whoever asked", err, hidden)
				}
			}
		})
	}
}

// checkUnknown expects an error of a class that says one thing to whoever asked,
// and another, which they must not see, to the server's log.
func checkUnknown(t *testing.T, err error, kind usage.Kind, says, log []string) {
	t.Helper()
	var e *usage.Error
	if !errors.As(err, &e) || e.Kind != kind || e.Tenant != "tenant-7" {
		t.Fatalf("got %#v, want an error of kind %s", err, kind)
	}
	for _, part := range says {
		if !strings.Contains(err.Error(), part) {
			t.Errorf("%q does not say %q", err, part)
		}
	}
	cause := fmt.Sprint(errors.Unwrap(e))
	for _, part := range log {
		if !strings.Contains(cause, part) {
			t.Errorf("the cause %q does not say %q", cause, part)
		}
		if strings.Contains(err.Error(), part) {
			t.Errorf("%q tells %q, which is for the server's log, to whoever asked", err, part)
		}
	}
	if strings.Contains(err.Error(), "tenant-7") {
		t.Errorf("%q names Mimir's tenant to whoever asked", err)
	}
}

// TestSeriesThatBecomeOneRow: a model that the gateway could not tell is counted
// with one that reported none; these are two series and no mistake.
func TestSeriesThatBecomeOneRow(t *testing.T) {
	t.Parallel()
	server := httptest.NewServer(matrix(`{"metric":{"ai_consumer":"acme.a.b.c","ai_model":"unknown"},"values":[[END,"1"]]},{"metric":{"ai_consumer":"acme.a.b.c"},"values":[[END,"2"]]}`))
	t.Cleanup(server.Close)
	got, err := newReader(t, server.URL, nil).Totals(t.Context(), lastHour("tenant"))
	if err != nil {
		t.Fatal(err)
	}
	if c := byKey(got[0].Rows)[usage.Key{Project: "a", Group: "b", User: "c", Model: "unknown"}]; c != equal(3) {
		t.Errorf("counted %v, want 3", c)
	}
}

// matrix answers a range query with series, in which END is the end of the query.
func matrix(result string) http.HandlerFunc {
	return func(w http.ResponseWriter, req *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		fmt.Fprintf(w, `{"status":"success","data":{"resultType":"matrix","result":[%s]}}`, strings.ReplaceAll(result, "END", req.FormValue("end")))
	}
}

func TestNothingListens(t *testing.T) {
	t.Parallel()
	server := httptest.NewServer(http.NotFoundHandler())
	address := server.Listener.Addr().String()
	server.Close()
	_, err := newReader(t, "http://"+address, nil).Totals(t.Context(), lastHour("tenant-7"))
	host, port, splitErr := net.SplitHostPort(address)
	if splitErr != nil {
		t.Fatal(splitErr)
	}
	checkUnknown(t, err, usage.Unreachable, []string{"refuses connections", "ask the platform's administrators"}, []string{address, host, port, "connection refused"})
}

// TestNoConnection: an error of the network names hosts and addresses, of which
// whoever asked learns none.
func TestNoConnection(t *testing.T) {
	t.Parallel()
	const host = "mimir-gateway.monitoring.svc"
	address := &net.TCPAddr{IP: net.IPv4(10, 9, 8, 7), Port: 8080}
	for _, tt := range []struct {
		name string
		err  error
		kind usage.Kind
		says string
		log  []string
	}{
		{name: "no such name", err: &net.DNSError{Err: "no such host", Name: host, Server: "10.0.0.10:53", IsNotFound: true}, kind: usage.Unreachable, says: "its name is not known", log: []string{host, "10.0.0.10"}},
		{name: "names are not answered", err: &net.DNSError{Err: "i/o timeout", Name: host, Server: "10.0.0.10:53", IsTimeout: true}, kind: usage.Timeout, says: "did not answer in time", log: []string{host}},
		{name: "refused", err: &net.OpError{Op: "dial", Net: "tcp", Addr: address, Err: syscall.ECONNREFUSED}, kind: usage.Unreachable, says: "refuses connections", log: []string{"10.9.8.7:8080"}},
		{name: "reset", err: &net.OpError{Op: "read", Net: "tcp", Addr: address, Err: syscall.ECONNRESET}, kind: usage.Unreachable, says: "broke the connection", log: []string{"10.9.8.7:8080"}},
		{name: "no route", err: &net.OpError{Op: "dial", Net: "tcp", Addr: address, Err: syscall.EHOSTUNREACH}, kind: usage.Unreachable, says: "cannot be reached", log: []string{"10.9.8.7:8080"}},
		{name: "certificate", err: &tls.CertificateVerificationError{Err: x509.HostnameError{Certificate: &x509.Certificate{DNSNames: []string{host}}, Host: "10.9.8.7"}},
			kind: usage.Unreachable, says: "certificate that is not trusted", log: []string{host}},
		{name: "a token that cannot be read", err: errors.New("open /var/run/token: no such file"), kind: usage.Unreachable, says: "cannot be reached", log: []string{"/var/run/token"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			r := newReader(t, "http://"+host+":8080/prometheus", func(o *usage.Options) { o.Transport = failing{tt.err} })
			_, err := r.Totals(t.Context(), lastHour("tenant-7"))
			checkUnknown(t, err, tt.kind, []string{tt.says, "ask the platform's administrators"}, append(tt.log, host+":8080"))
		})
	}
}

// failing is a transport that has only errors.
type failing struct{ err error }

func (f failing) RoundTrip(*http.Request) (*http.Response, error) { return nil, f.err }

func TestCallerGivesUp(t *testing.T) {
	t.Parallel()
	released := make(chan struct{})
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { <-released }))
	t.Cleanup(server.Close)
	t.Cleanup(func() { close(released) })
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer cancel()
	_, err := newReader(t, server.URL, nil).Totals(ctx, lastHour("tenant"))
	var e *usage.Error
	if !errors.As(err, &e) || e.Kind != usage.Timeout {
		t.Fatal(err)
	}
}

func TestBadQueriesAndOptions(t *testing.T) {
	t.Parallel()
	r := newReader(t, "http://127.0.0.1:9", nil)
	now := time.Now()
	for name, q := range map[string]usage.Query{
		"no tenant":       {Organization: "acme", Since: now.Add(-time.Hour), Until: now},
		"no organization": {Tenant: "acme", Since: now.Add(-time.Hour), Until: now},
		"no window":       {Tenant: "acme", Organization: "acme", Since: now, Until: now},
	} {
		if _, err := r.Totals(t.Context(), q); err == nil {
			t.Errorf("%s: counted", name)
		}
	}
	for name, o := range map[string]usage.Options{
		"no address":      {},
		"no scheme":       {Address: "mimir:8080"},
		"another scheme":  {Address: "ftp://mimir"},
		"a password":      {Address: "http://user:secret@mimir/prometheus"},
		"a query":         {Address: "http://mimir/prometheus?tenant=x"},
		"a target label":  {Address: "http://mimir", TargetLabels: []string{`job"`}},
		"a condition":     {Address: "http://mimir", Conditions: map[string]string{"a b": "c"}},
		"a lag too long":  {Address: "http://mimir", Lookback: time.Minute, Lag: time.Hour},
		"a negative lag ": {Address: "http://mimir", Lag: -time.Second},
	} {
		if _, err := usage.NewReader(o); err == nil {
			t.Errorf("%s: taken", name)
		} else if strings.Contains(err.Error(), "secret") {
			t.Errorf("%s: %q tells a secret", name, err)
		}
	}
}
