package handler_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	admissionv1 "k8s.io/api/admission/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"tollgate.dev/tollgate/webhook/handler"
)

// counts is an Observer that remembers.
type counts struct {
	mu       sync.Mutex
	inFlight int
	outcomes []handler.Outcome
	panics   int
}

func (c *counts) InFlight(change int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.inFlight += change
}

func (c *counts) Answered(_ *admissionv1.AdmissionRequest, o handler.Outcome, _ time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.outcomes = append(c.outcomes, o)
}

func (c *counts) Panicked() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.panics++
}

func allow(context.Context, *admissionv1.AdmissionRequest) *admissionv1.AdmissionResponse {
	return &admissionv1.AdmissionResponse{Allowed: true}
}

// config allows everything.
func config(c *counts) handler.Config {
	return handler.Config{
		Judge: allow, Observer: c, Gate: handler.NewGate(4, 4, nil), MaxBody: 1 << 20, Timeout: time.Minute,
		Ready: func() error { return nil }, Leaving: func() bool { return false },
	}
}

func review(body string) *http.Request {
	r := httptest.NewRequest(http.MethodPost, "/validate?timeout=30s", strings.NewReader(body))
	r.Header.Set("Content-Type", "application/json")
	return r
}

// envelope is an AdmissionReview with a request's fields after its uid.
func envelope(rest string) string {
	return `{"kind":"AdmissionReview","apiVersion":"admission.k8s.io/v1","request":{"uid":"u-1"` + rest + `}}`
}

func ask(t *testing.T, h http.Handler, r *http.Request) (int, *admissionv1.AdmissionResponse) {
	t.Helper()
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	var answer admissionv1.AdmissionReview
	if err := json.Unmarshal(w.Body.Bytes(), &answer); err != nil || answer.Response == nil {
		t.Fatalf("the answer is no AdmissionReview: %v: %s", err, w.Body)
	}
	if answer.APIVersion != "admission.k8s.io/v1" || answer.Kind != "AdmissionReview" {
		t.Errorf("the answer is %s %s", answer.APIVersion, answer.Kind)
	}
	return w.Code, answer.Response
}

func TestWhatIsNoReviewIsRefused(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name    string
		request func() *http.Request
		http    int
		uid     string
		code    int32
		says    string
	}{
		{name: "empty", request: func() *http.Request { return review("") }, http: 400, code: 400, says: "empty"},
		{name: "no JSON", request: func() *http.Request { return review("kind: AdmissionReview") }, http: 400, code: 400, says: "no AdmissionReview"},
		{name: "truncated", request: func() *http.Request { return review(strings.TrimSuffix(envelope(`,"object":{"a":1}`), "}}")) }, http: 200, uid: "u-1", code: 400, says: "no AdmissionReview"},
		{name: "two values", request: func() *http.Request { return review(envelope("") + envelope("")) }, http: 200, uid: "u-1", code: 400, says: "no AdmissionReview"},
		{name: "v1beta1", request: func() *http.Request { return review(strings.Replace(envelope(""), "io/v1", "io/v1beta1", 1)) }, http: 200, uid: "u-1", code: 400, says: "admissionReviewVersions: [v1]"},
		{name: "another kind", request: func() *http.Request { return review(`{"kind":"Pod","apiVersion":"v1"}`) }, http: 400, code: 400, says: "v1 Pod"},
		{name: "keys in another case", request: func() *http.Request {
			return review(`{"kind":"AdmissionReview","apiVersion":"admission.k8s.io/v1","Request":{"uid":"u-1"}}`)
		}, http: 400, code: 400, says: "no request"},
		{name: "null request", request: func() *http.Request {
			return review(`{"kind":"AdmissionReview","apiVersion":"admission.k8s.io/v1","request":null}`)
		}, http: 400, code: 400, says: "no request"},
		{name: "no uid", request: func() *http.Request {
			return review(`{"kind":"AdmissionReview","apiVersion":"admission.k8s.io/v1","request":{}}`)
		}, http: 400, code: 400, says: "no uid"},
		{name: "an object given twice", request: func() *http.Request { return review(envelope(`,"object":{"a":1},"object":{"a":2}`)) }, http: 200, uid: "u-1", code: 400, says: "ambiguous"},
		{name: "too large", request: func() *http.Request { return review(envelope(`,"object":{"a":"` + strings.Repeat("x", 1<<20) + `"}`)) }, http: 200, uid: "u-1", code: 413, says: "larger than 1048576 bytes"},
		{name: "too large without a uid", request: func() *http.Request { return review(`{"a":"` + strings.Repeat("x", 1<<20) + `"}`) }, http: 413, code: 413, says: "larger than"},
		{name: "not JSON by its type", request: func() *http.Request {
			r := review(envelope(""))
			r.Header.Set("Content-Type", "application/yaml")
			return r
		}, http: 415, code: 415, says: "application/yaml"},
		{name: "GET", request: func() *http.Request { return httptest.NewRequest(http.MethodGet, "/validate", nil) }, http: 405, code: 405, says: "POST"},
		{name: "a body that breaks off", request: func() *http.Request {
			r := review("")
			r.Body = io.NopCloser(io.MultiReader(strings.NewReader(strings.TrimSuffix(envelope(""), "}}")), errReader{}))
			return r
		}, http: 200, uid: "u-1", code: 400, says: "the line went dead"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			var c counts
			code, got := ask(t, handler.New(config(&c)), tt.request())
			if code != tt.http || string(got.UID) != tt.uid || got.Allowed || got.Result.Code != tt.code || !strings.Contains(got.Result.Message, tt.says) {
				t.Errorf("HTTP %d, %+v %+v", code, got, got.Result)
			}
			if !slices.Equal(c.outcomes, []handler.Outcome{handler.Invalid}) || c.inFlight != 0 {
				t.Errorf("counted %v, %d in flight", c.outcomes, c.inFlight)
			}
		})
	}
}

type errReader struct{}

func (errReader) Read([]byte) (int, error) { return 0, errors.New("the line went dead") }

func TestTheJudgeSeesTheRequestAsItCame(t *testing.T) {
	t.Parallel()
	var got *admissionv1.AdmissionRequest
	c := config(&counts{})
	c.Judge = func(_ context.Context, req *admissionv1.AdmissionRequest) *admissionv1.AdmissionResponse {
		got = req
		return &admissionv1.AdmissionResponse{UID: "another", Allowed: true, Warnings: []string{"w"}}
	}
	r := review(envelope(`,"operation":"DELETE","object":null,"oldObject":{"b": 1.50,"a":9007199254740993},"dryRun":true,"future":1`))
	r.Header.Set("Content-Type", "application/json; charset=utf-8")
	code, answer := ask(t, handler.New(c), r)
	if code != 200 || answer.UID != "u-1" || !answer.Allowed {
		t.Errorf("%d, %+v", code, answer)
	}
	if len(got.Object.Raw) != 0 || string(got.OldObject.Raw) != `{"b": 1.50,"a":9007199254740993}` || !*got.DryRun {
		t.Errorf("the judge saw %+v", got)
	}
}

func TestOutcomes(t *testing.T) {
	t.Parallel()
	patch := admissionv1.PatchTypeJSONPatch
	tests := []struct {
		name   string
		change func(*handler.Config)
		want   handler.Outcome
		code   int32 // of a refusal
		says   string
	}{
		{name: "allowed", change: func(*handler.Config) {}, want: handler.Allowed},
		{name: "patched", change: func(c *handler.Config) {
			c.Judge = answers(&admissionv1.AdmissionResponse{Allowed: true, Patch: []byte("[]"), PatchType: &patch})
		}, want: handler.Patched},
		{name: "warned", change: func(c *handler.Config) {
			c.Judge = answers(&admissionv1.AdmissionResponse{Allowed: true, Warnings: []string{"w"}})
		}, want: handler.Warned},
		{name: "denied", change: func(c *handler.Config) {
			c.Judge = answers(&admissionv1.AdmissionResponse{Result: &metav1.Status{Code: 403, Message: "no"}})
		}, want: handler.Denied, code: 403, says: "no"},
		{name: "invalid object", change: func(c *handler.Config) {
			c.Judge = answers(&admissionv1.AdmissionResponse{Result: &metav1.Status{Code: 400, Message: "no object"}})
		}, want: handler.Invalid, code: 400, says: "no object"},
		{name: "panic", change: func(c *handler.Config) {
			c.Judge = func(context.Context, *admissionv1.AdmissionRequest) *admissionv1.AdmissionResponse {
				panic("secret detail")
			}
		}, want: handler.Failed, code: 500, says: "under the uid u-1"},
		{name: "an allowance that comes too late", change: func(c *handler.Config) {
			c.Timeout = time.Millisecond
			c.Judge = func(ctx context.Context, _ *admissionv1.AdmissionRequest) *admissionv1.AdmissionResponse {
				<-ctx.Done()
				return &admissionv1.AdmissionResponse{Allowed: true}
			}
		}, want: handler.Failed, code: 504, says: "in time"},
		{name: "not ready", change: func(c *handler.Config) { c.Ready = func() error { return errors.New("no policies") } }, want: handler.NotReady, code: 503, says: "cannot judge yet: no policies"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			var c counts
			conf := config(&c)
			tt.change(&conf)
			http, got := ask(t, handler.New(conf), review(envelope("")))
			if http != 200 || got.UID != "u-1" || got.Allowed != (tt.code == 0) {
				t.Errorf("HTTP %d, %+v", http, got)
			}
			if tt.code != 0 && (got.Result.Code != tt.code || !strings.Contains(got.Result.Message, tt.says) || strings.Contains(got.Result.Message, "secret")) {
				t.Errorf("refused with %+v", got.Result)
			}
			panics := 0
			if tt.name == "panic" {
				panics = 1
			}
			if diff := cmp.Diff([]handler.Outcome{tt.want}, c.outcomes); diff != "" || c.panics != panics || c.inFlight != 0 {
				t.Errorf("outcomes (-want +got):\n%s%d panics, %d in flight", diff, c.panics, c.inFlight)
			}
		})
	}
}

func answers(r *admissionv1.AdmissionResponse) handler.Judge {
	return func(context.Context, *admissionv1.AdmissionRequest) *admissionv1.AdmissionResponse { return r }
}

func TestAServerThatLeavesSaysSo(t *testing.T) {
	t.Parallel()
	leaving := false
	conf := config(&counts{})
	conf.Leaving = func() bool { return leaving }
	h := handler.New(conf)
	for _, want := range []string{"", "close"} {
		w := httptest.NewRecorder()
		h.ServeHTTP(w, review(envelope("")))
		if got := w.Header().Get("Connection"); got != want || w.Code != 200 {
			t.Errorf("leaving %v: Connection %q, HTTP %d", leaving, got, w.Code)
		}
		leaving = true
	}
}

// FuzzReview holds that every body is answered with an AdmissionReview, and
// allowed only if it is one with a uid, which the answer then has.
func FuzzReview(f *testing.F) {
	for _, seed := range []string{"", "{", envelope(""), envelope(`,"object":null`), envelope("") + "x", `{"request":{"uid":["u"]}}`, `[{"request":{}}]`, strings.Repeat("[", 300)} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		h := handler.New(config(&counts{}))
		_, got := ask(t, h, review(string(body)))
		var plain struct {
			APIVersion, Kind string
			Request          *struct{ UID string }
		}
		err := json.Unmarshal(body, &plain)
		if got.Allowed && (err != nil || plain.Request == nil || got.UID == "") {
			t.Errorf("allowed with uid %q: %q", got.UID, body)
		}
		if got.UID != "" && !bytes.Contains(body, []byte("uid")) && !bytes.Contains(body, []byte(`\u`)) {
			t.Errorf("the uid %q is in no key of %q", got.UID, body)
		}
		if !got.Allowed && (got.Result == nil || got.Result.Message == "") {
			t.Errorf("refused without a word: %s", fmt.Sprint(got))
		}
	})
}
