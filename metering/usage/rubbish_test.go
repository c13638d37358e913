package usage_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
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
		return func(w http.ResponseWriter, req *http.Request) {
			w.Header().Set("Content-Type", "application/json")
			fmt.Fprintf(w, `{"status":"success","data":{"resultType":"matrix","result":[
				{"metric":{"ai_consumer":"acme.a.b.c"},"values":[[%s,%s]]}]}}`, req.FormValue("end"), value)
		}
	}
	for _, tt := range []struct {
		name   string
		serve  http.HandlerFunc
		change func(*usage.Options)
		kind   usage.Kind
		says   []string
	}{
		{name: "500", serve: reply(500, "application/json", `{"status":"error","errorType":"internal","error":"boom"}`), kind: usage.Failed, says: []string{"500", "boom", "log"}},
		{name: "502 of a proxy", serve: reply(502, "text/html", `<html>bad gateway</html>`), kind: usage.Failed, says: []string{"502"}},
		{name: "404", serve: reply(404, "text/plain", `not found`), kind: usage.Refused, says: []string{"404", "/prometheus"}},
		{name: "401", serve: reply(401, "text/plain", `no org id`), kind: usage.Refused, says: []string{"401"}},
		{name: "limit of the tenant", serve: reply(422, "application/json", `{"status":"error","errorType":"execution","error":"the query hit the aggregated data size limit"}`),
			kind: usage.Refused, says: []string{"aggregated data size limit", "shorter window"}},
		{name: "duplicate series", serve: reply(422, "application/json", `{"status":"error","errorType":"execution","error":"found duplicate series for the match group"}`),
			kind: usage.Refused, says: []string{"duplicate series"}},
		{name: "429", serve: reply(429, "application/json", `{}`, "Retry-After", "7"), kind: usage.Overloaded, says: []string{"ask again in 7s"}},
		{name: "429 without a time", serve: reply(429, "text/plain", ``, "Retry-After", "soon"), kind: usage.Overloaded, says: []string{"ask again later"}},
		{name: "a redirect", serve: reply(302, "text/plain", ``, "Location", "http://elsewhere.example/"), kind: usage.Malformed, says: []string{"302"}},
		{name: "HTML", serve: reply(200, "text/html", `<html>login</html>`), kind: usage.Malformed, says: []string{"text/html", "proxy"}},
		{name: "no content type", serve: reply(200, "", `{}`), kind: usage.Malformed},
		{name: "HTML that says it is JSON", serve: json(`<html>`), kind: usage.Malformed},
		{name: "empty", serve: json(``), kind: usage.Malformed, says: []string{"cut off"}},
		{name: "cut off", serve: json(`{"status":"success","data":{"resultType":"matrix","result":[{"metric":{"ai_`), kind: usage.Malformed, says: []string{"cut off"}},
		{name: "cut off between series", serve: json(`{"status":"success","data":{"resultType":"matrix","result":[`), kind: usage.Malformed, says: []string{"cut off"}},
		{name: "length promised and not kept", serve: reply(200, "application/json", `{"status":"succ`, "Content-Length", "4000"), kind: usage.Malformed, says: []string{"cut off"}},
		{name: "more behind the end", serve: json(`{"status":"success","data":null}{}`), kind: usage.Malformed},
		{name: "no status", serve: json(`{"data":{"resultType":"matrix","result":[]}}`), kind: usage.Malformed, says: []string{"status"}},
		{name: "error with 200", serve: json(`{"status":"error","errorType":"bad_data","error":"x"}`), kind: usage.Refused, says: []string{"bad_data: x"}},
		{name: "a vector", serve: json(`{"status":"success","data":{"resultType":"vector","result":[]}}`), kind: usage.Malformed, says: []string{"vector"}},
		{name: "result before its type", serve: json(`{"status":"success","data":{"result":[],"resultType":"matrix"}}`), kind: usage.Malformed},
		{name: "an array", serve: json(`[]`), kind: usage.Malformed},
		{name: "a warning", serve: json(`{"status":"success","data":{"resultType":"matrix","result":[]},"warnings":["only part was read"]}`), kind: usage.Failed, says: []string{"only part was read"}},
		{name: "NaN", serve: series(`"NaN"`), kind: usage.Malformed, says: []string{"NaN"}},
		{name: "infinity", serve: series(`"+Inf"`), kind: usage.Malformed, says: []string{"+Inf"}},
		{name: "negative", serve: series(`"-1"`), kind: usage.Malformed, says: []string{"-1"}},
		{name: "a fraction", serve: series(`"1.5"`), kind: usage.Malformed, says: []string{"1.5"}},
		{name: "beyond 2^53", serve: series(`"1e17"`), kind: usage.Malformed},
		{name: "no number", serve: series(`"many"`), kind: usage.Malformed, says: []string{"many"}},
		{name: "a value that is no string", serve: series(`{}`), kind: usage.Malformed},
		{name: "a time that was not asked for", serve: json(`{"status":"success","data":{"resultType":"matrix","result":[{"metric":{"ai_consumer":"acme.a.b.c"},"values":[[1,"1"]]}]}}`), kind: usage.Malformed},
		{name: "too long", serve: json(strings.Repeat(" ", 2000) + `{"status":"success","data":null}`), change: func(o *usage.Options) { o.MaxBody = 1000 }, kind: usage.TooLarge, says: []string{"shorter window"}},
		{name: "hung", serve: func(_ http.ResponseWriter, r *http.Request) {
			_, _ = io.Copy(io.Discard, r.Body) // the server sees that a client went away only behind the body
			<-r.Context().Done()
		},
			change: func(o *usage.Options) { o.Timeout = 50 * time.Millisecond }, kind: usage.Timeout, says: []string{"no answer in time"}},
		{name: "connection cut", serve: func(w http.ResponseWriter, _ *http.Request) {
			conn, _, err := w.(http.Hijacker).Hijack()
			if err == nil {
				conn.Close()
			}
		}, kind: usage.Unreachable},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			server := httptest.NewServer(tt.serve)
			t.Cleanup(server.Close)
			r := newReader(t, server.URL+"/prometheus", tt.change)
			got, err := r.Totals(t.Context(), lastHour("tenant"))
			var e *usage.Error
			if !errors.As(err, &e) || e.Kind != tt.kind || e.Tenant != "tenant" {
				t.Fatalf("got %v and %#v, want an error of kind %s", got, err, tt.kind)
			}
			for _, part := range append(tt.says, `tenant "tenant"`) {
				if !strings.Contains(err.Error(), part) {
					t.Errorf("%q does not say %q", err, part)
				}
			}
			if strings.Contains(err.Error(), server.Listener.Addr().String()) {
				t.Errorf("%q tells the address", err)
			}
		})
	}
}

func TestNothingListens(t *testing.T) {
	t.Parallel()
	server := httptest.NewServer(http.NotFoundHandler())
	address := server.URL
	server.Close()
	_, err := newReader(t, address, nil).Totals(t.Context(), lastHour("tenant"))
	var e *usage.Error
	if !errors.As(err, &e) || e.Kind != usage.Unreachable {
		t.Fatal(err)
	}
}

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
