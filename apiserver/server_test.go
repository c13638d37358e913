package apiserver

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/prometheus/client_golang/prometheus"
	"k8s.io/apiserver/pkg/authentication/authenticator"
	"k8s.io/apiserver/pkg/authentication/user"
	"k8s.io/apiserver/pkg/endpoints/request"
	"k8s.io/apiserver/pkg/server/mux"

	"tollgate.dev/tollgate/apiserver/encode"
)

func TestAnonymousOnlyForHealth(t *testing.T) {
	t.Parallel()
	broken := errors.New("the token review failed")
	as := func(name string) authenticator.Request {
		return authenticator.RequestFunc(func(*http.Request) (*authenticator.Response, bool, error) {
			return &authenticator.Response{User: &user.DefaultInfo{Name: name}}, true, nil
		})
	}
	failing := authenticator.RequestFunc(func(*http.Request) (*authenticator.Response, bool, error) { return nil, false, broken })
	tests := []struct {
		name, path string
		inner      authenticator.Request
		ok         bool
		err        error
	}{
		{name: "somebody", path: "/apis", inner: as("alice"), ok: true},
		{name: "nobody at health", path: "/readyz", inner: as(user.Anonymous), ok: true},
		{name: "nobody elsewhere", path: "/apis", inner: as(user.Anonymous)},
		{name: "nobody below health", path: "/readyz/tollgate-objects", inner: as(user.Anonymous)},
		{name: "nobody near health", path: "/readyz/../apis", inner: as(user.Anonymous)},
		{name: "a failure stays one", path: "/readyz", inner: failing, err: broken},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			req := httptest.NewRequest(http.MethodGet, "/", nil)
			req.URL.Path = tt.path
			_, ok, err := anonymousOnlyForHealth(tt.inner).AuthenticateRequest(req)
			if ok != tt.ok || !errors.Is(err, tt.err) {
				t.Errorf("%v %v, want %v %v", ok, err, tt.ok, tt.err)
			}
		})
	}
}

func serve(t *testing.T, h http.Handler, path string) (int, string) {
	t.Helper()
	w := httptest.NewRecorder()
	h.ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), http.MethodGet, path, nil))
	body, err := io.ReadAll(w.Result().Body)
	if err != nil {
		t.Fatal(err)
	}
	return w.Code, string(body)
}

func TestBackendChecksStandApart(t *testing.T) {
	t.Parallel()
	m := mux.NewPathRecorderMux("test")
	installBackendChecks(m, []Check{
		{Name: "redis", Check: func(context.Context) error { return errors.New("refused") }},
		{Name: "mimir", Check: func(context.Context) error { return nil }},
		{Name: "slow", Check: func(ctx context.Context) error { <-ctx.Done(); return ctx.Err() }},
	})
	tests := []struct {
		path string
		code int
		body string
	}{
		{path: "/backends", code: 500, body: "[-]redis failed: refused\n[+]mimir ok\n[-]slow failed: context deadline exceeded\n"},
		{path: "/backends/redis", code: 500, body: "redis failed: refused\n"},
		{path: "/backends/mimir", code: 200, body: "ok\n"},
	}
	for _, tt := range tests {
		t.Run(tt.path, func(t *testing.T) {
			t.Parallel()
			code, body := serve(t, m, tt.path)
			if diff := cmp.Diff(tt.body, body); diff != "" || code != tt.code {
				t.Errorf("%d %s", code, diff)
			}
		})
	}
}

func TestMetricsAreJoined(t *testing.T) {
	t.Parallel()
	own := prometheus.NewRegistry()
	own.MustRegister(prometheus.NewGauge(prometheus.GaugeOpts{Name: "tollgate_test"}))
	m := mux.NewPathRecorderMux("test")
	installMetrics(m, own)
	code, body := serve(t, m, "/metrics")
	for _, name := range []string{"tollgate_test 0", "go_goroutines"} {
		if !strings.Contains(body, name) || code != http.StatusOK {
			t.Errorf("%d: no %s", code, name)
		}
	}
}

func TestNothingIsListedBeforeItIsRead(t *testing.T) {
	t.Parallel()
	scheme, err := NewScheme(nil)
	if err != nil {
		t.Fatal(err)
	}
	var missing error
	next := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusTeapot) })
	h := notBeforeReady(next, func() error { return missing }, encode.NewCodecs(scheme))
	ask := func(info *request.RequestInfo) *httptest.ResponseRecorder {
		w := httptest.NewRecorder()
		req := httptest.NewRequestWithContext(request.WithRequestInfo(t.Context(), info), http.MethodGet, "/", nil)
		h.ServeHTTP(w, req)
		return w
	}
	budgets := &request.RequestInfo{IsResourceRequest: true, APIGroup: "metering.tollgate.dev", Resource: "budgets", Verb: "list"}
	missing = errors.New("organizations have not been read yet")
	if w := ask(budgets); w.Code != http.StatusServiceUnavailable || w.Header().Get("Retry-After") == "" || !strings.Contains(w.Body.String(), missing.Error()) {
		t.Errorf("%d %v %s", w.Code, w.Header(), w.Body)
	}
	if w := ask(&request.RequestInfo{Path: "/apis"}); w.Code != http.StatusTeapot {
		t.Errorf("discovery: %d", w.Code)
	}
	missing = nil
	if w := ask(budgets); w.Code != http.StatusTeapot {
		t.Errorf("when all is read: %d", w.Code)
	}
}

func TestOptionsTellEveryMistake(t *testing.T) {
	t.Parallel()
	o := NewOptions()
	o.ListedObjects = 0
	o.Recommended.SecureServing.BindPort = 70000
	err := o.Validate()
	for _, part := range []string{"--max-listed-objects", "70000"} {
		if err == nil || !strings.Contains(err.Error(), part) {
			t.Errorf("%v does not say %q", err, part)
		}
	}
	if err := NewOptions().Validate(); err != nil {
		t.Errorf("the defaults: %v", err)
	}
}
