package handler_test

import (
	"context"
	"net/http/httptest"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	admissionv1 "k8s.io/api/admission/v1"

	"tollgate.dev/tollgate/webhook/fair"
	"tollgate.dev/tollgate/webhook/handler"
)

// TestOverloadIsAnswered fills the only slot: what comes then is refused, at
// once without a queue, else when its time is up.
func TestOverloadIsAnswered(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name  string
		queue int
		says  string
	}{
		{name: "no queue", queue: 0, says: "and 0 wait"},
		{name: "a queue that does not move", queue: 1, says: "waited for its turn"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			var c counts
			conf := config(&c)
			conf.Gate = handler.NewGate(1, tt.queue, nil)
			place, err := conf.Gate.Enter(t.Context(), fair.Flow{}, 0)
			if err != nil {
				t.Fatal(err)
			}
			h := handler.New(conf)
			r := review(envelope(`,"object":{}`))
			r.URL.RawQuery = "timeout=20ms"
			_, got := ask(t, h, r)
			if got.Allowed || got.UID != "u-1" || got.Result.Code != 429 || got.Result.Details.RetryAfterSeconds != 1 || !strings.Contains(got.Result.Message, tt.says) {
				t.Errorf("%+v %+v", got, got.Result)
			}
			place.Leave()
			if _, got := ask(t, h, review(envelope(""))); !got.Allowed {
				t.Errorf("after the slot was given back: %+v", got.Result)
			}
			if diff := cmp.Diff([]handler.Outcome{handler.Overloaded, handler.Allowed}, c.outcomes); diff != "" || c.inFlight != 0 {
				t.Errorf("outcomes (-want +got):\n%s%d in flight", diff, c.inFlight)
			}
		})
	}
}

// TestALargeReviewTakesSeveralSlots holds that memory is bounded by bytes, that a
// review larger than the whole gate still gets in, and that large ones leave half
// of it to others.
func TestALargeReviewTakesSeveralSlots(t *testing.T) {
	t.Parallel()
	g := handler.NewGate(8, 0, nil)
	others := 0 // each is another's, because one alone does not get everything
	enter := func(bytes int64) func() {
		others++
		place, err := g.Enter(t.Context(), fair.Flow{Kind: "user", Name: strconv.Itoa(others)}, bytes)
		if err != nil {
			return nil
		}
		return place.Leave
	}
	large := enter(700 << 10) // three slots
	if large == nil {
		t.Fatal("a large one does not fit")
	}
	if enter(700<<10) != nil {
		t.Error("a second large one takes more than half")
	}
	var small []func()
	for range 5 {
		if leave := enter(0); leave != nil {
			small = append(small, leave)
		}
	}
	if len(small) != 5 || enter(0) != nil {
		t.Errorf("%d small ones fit beside it, and more", len(small))
	}
	large()
	for _, leave := range small {
		leave()
	}
	huge := enter(8 << 20)
	if huge == nil {
		t.Fatal("what is larger than the gate never gets in")
	}
	if enter(300<<10) != nil {
		t.Error("something large fits beside it")
	}
	if leave := enter(0); leave == nil {
		t.Error("nothing small fits beside it")
	}
	huge()
}

// TestLargeReviewsKeepNobodyWaiting has more large reviews wait than may, each of
// which takes its time.
func TestLargeReviewsKeepNobodyWaiting(t *testing.T) {
	t.Parallel()
	g := handler.NewGate(4, 4, nil)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	place, err := g.Enter(ctx, fair.Flow{}, 1<<20)
	if err != nil {
		t.Fatal(err)
	}
	var waiting sync.WaitGroup
	for range 20 {
		waiting.Go(func() {
			if place, err := g.Enter(ctx, fair.Flow{}, 1<<20); err == nil {
				place.Leave()
			}
		})
	}
	soon, done := context.WithTimeout(ctx, time.Minute)
	defer done()
	for range 100 {
		small, err := g.Enter(soon, fair.Flow{}, 0)
		if err != nil {
			t.Fatal(err)
		}
		small.Leave()
	}
	place.Leave()
	cancel()
	waiting.Wait()
}

// TestTheQueueMovesOn has many more reviews than slots, all of which may wait.
func TestTheQueueMovesOn(t *testing.T) {
	t.Parallel()
	conf := config(&counts{})
	conf.Gate = handler.NewGate(2, 30, nil)
	var mu sync.Mutex
	inside, most := 0, 0
	conf.Judge = func(context.Context, *admissionv1.AdmissionRequest) *admissionv1.AdmissionResponse {
		mu.Lock()
		inside++
		most = max(most, inside)
		mu.Unlock()
		time.Sleep(time.Millisecond)
		mu.Lock()
		inside--
		mu.Unlock()
		return &admissionv1.AdmissionResponse{Allowed: true}
	}
	h := handler.New(conf)
	var wg sync.WaitGroup
	for range 32 {
		wg.Go(func() {
			w := httptest.NewRecorder()
			h.ServeHTTP(w, review(envelope("")))
			if !strings.Contains(w.Body.String(), `"allowed":true`) {
				t.Errorf("%s", w.Body)
			}
		})
	}
	wg.Wait()
	if most > 2 {
		t.Errorf("%d were judged at once, 2 may", most)
	}
}
