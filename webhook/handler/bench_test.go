package handler_test

import (
	"encoding/json"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	admissionv1 "k8s.io/api/admission/v1"

	"tollgate.dev/tollgate/webhook/handler"
)

// BenchmarkServe is all that the handler adds to judging, for an object of some
// 4 KB: whose the review is, a place, reading, writing. Against the floor of reading
// an AdmissionReview and writing another.
func BenchmarkServe(b *testing.B) {
	body := in("acme-chat", `{"apiVersion":"v1","spec":{"rules":[`+strings.Repeat(`{"host":"chat.acme.example","paths":["/a","/b"],"n":1},`, 75)+`{}]}}`)
	conf := config(&counts{})
	conf.FlowOf = byNamespace
	conf.Observer = silent{}
	h := handler.New(conf)
	var ours, floor time.Duration
	b.SetBytes(int64(len(body)))
	b.ReportAllocs()
	for b.Loop() {
		r, w := review(body), httptest.NewRecorder()
		start := time.Now()
		h.ServeHTTP(w, r)
		ours += time.Since(start)
		if w.Code != 200 {
			b.Fatal(w.Body)
		}
		start = time.Now()
		var read admissionv1.AdmissionReview
		if err := json.Unmarshal([]byte(body), &read); err != nil {
			b.Fatal(err)
		}
		read.Response = &admissionv1.AdmissionResponse{UID: read.Request.UID, Allowed: true}
		read.Request = nil
		if _, err := json.Marshal(&read); err != nil {
			b.Fatal(err)
		}
		floor += time.Since(start)
	}
	b.ReportMetric(float64(ours.Nanoseconds())/float64(b.N), "ns/review")
	b.ReportMetric(float64(ours)/float64(floor), "x-floor")
}

// silent is an Observer that remembers nothing.
type silent struct{}

func (silent) InFlight(int) {}

func (silent) Answered(*admissionv1.AdmissionRequest, handler.Outcome, time.Duration) {}

func (silent) Panicked() {}
