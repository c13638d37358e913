package handler_test

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	admissionv1 "k8s.io/api/admission/v1"
	authenticationv1 "k8s.io/api/authentication/v1"

	"tollgate.dev/tollgate/webhook/fair"
	"tollgate.dev/tollgate/webhook/handler"
)

// byNamespace is a FlowOf: the namespace, or the user and the groups.
func byNamespace(namespace string, user *authenticationv1.UserInfo) fair.Flow {
	if namespace != "" {
		return fair.Flow{Kind: "namespace", Name: namespace}
	}
	return fair.Flow{Kind: "user", Name: user.Username + strings.Join(user.Groups, "+")}
}

// tally is a GateObserver.
type tally struct {
	mu      sync.Mutex
	entered int
	turned  map[fair.Reason]int
}

func (y *tally) Entered(time.Duration) {
	y.mu.Lock()
	defer y.mu.Unlock()
	y.entered++
}

func (y *tally) TurnedAway(why fair.Reason) {
	y.mu.Lock()
	defer y.mu.Unlock()
	if y.turned == nil {
		y.turned = map[fair.Reason]int{}
	}
	y.turned[why]++
}

// in is a review of a request in a namespace, as kube-apiserver writes it.
func in(namespace, object string) string {
	return envelope(fmt.Sprintf(`,"kind":{"group":"networking.k8s.io","version":"v1","kind":"Ingress"},"name":"x","namespace":%q,`+
		`"operation":"CREATE","userInfo":{"username":"u","groups":["g"],"extra":{"a":["b"]}},"object":%s,"oldObject":null,"dryRun":false`, namespace, object))
}

func TestWhoseAReviewIs(t *testing.T) {
	t.Parallel()
	large := func(n int) string { return `{"a":"` + strings.Repeat("x", n) + `"}` }
	many := strings.TrimSuffix(strings.Repeat(`"g",`, 5000), ",") // 20 KB of groups
	tests := []struct {
		name    string
		body    string
		chunked bool
		want    string
	}{
		{name: "in a namespace", body: in("acme-chat", "{}"), want: "namespace acme-chat"},
		{name: "in none", body: envelope(`,"operation":"CREATE","userInfo":{"username":"ann","groups":["a","b"]},"object":{"namespace":"no"}`), want: "user anna+b"},
		{name: "no user", body: envelope(`,"object":{}`), want: "user"},
		{name: "what the object says does not count", body: envelope(`,"userInfo":{"username":"ann"},"object":{"namespace":"acme","userInfo":{"username":"bob"}},"namespace":"late"`), want: "user ann"},
		{name: "of some size", body: in("acme-chat", large(40<<10)), want: "namespace acme-chat"},
		{name: "large", body: in("acme-chat", large(500<<10)), want: "namespace acme-chat"},
		{name: "large, its size not told", body: in("acme-chat", large(500<<10)), chunked: true, want: "namespace acme-chat"},
		{name: "a small one, its size not told", body: in("acme-chat", "{}"), chunked: true, want: "namespace acme-chat"},
		{name: "a user in many groups", body: envelope(`,"userInfo":{"groups":[` + many + `],"username":"ann"},"namespace":"acme-chat","object":` + large(500<<10)), want: "namespace acme-chat"},
		{name: "a user in more groups than are looked at", body: envelope(`,"userInfo":{"groups":[` + many + "," + many + "," + many + "," + many + `],"username":"ann"},"namespace":"acme-chat"`), want: "unreadable reviews"},
		{name: "no review", body: `{"kind":"Pod","apiVersion":"v1"}`, want: "unreadable reviews"},
		{name: "cut", body: strings.TrimSuffix(envelope(`,"namespace":"acme-chat"`), "}}"), want: "unreadable reviews"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			conf := config(&counts{})
			conf.FlowOf = byNamespace
			// One is judged and one waits, so that a third is refused, and told whose it is.
			conf.Gate = handler.NewGate(1, 1, nil)
			busy, err := conf.Gate.Enter(t.Context(), fair.Flow{Kind: "another"}, 0)
			if err != nil {
				t.Fatal(err)
			}
			defer busy.Leave()
			waits, stop := context.WithCancel(t.Context())
			var done sync.WaitGroup
			ask := func(ctx context.Context) string {
				r := review(tt.body).WithContext(ctx)
				if tt.chunked {
					r.ContentLength = -1
				}
				w := httptest.NewRecorder()
				handler.New(conf).ServeHTTP(w, r)
				return w.Body.String()
			}
			done.Go(func() { ask(waits) })
			until(t, func() bool { return conf.Gate.Waiting() == 1 })
			if got := ask(t.Context()); !strings.Contains(got, "and 1 wait, 1 of them of "+tt.want+", like this one") {
				t.Errorf("refused with %s", got)
			}
			stop()
			done.Wait()
		})
	}
}

// until waits for something to hold.
func until(t *testing.T, holds func() bool) {
	t.Helper()
	for end := time.Now().Add(3 * time.Minute); !holds(); time.Sleep(time.Millisecond) {
		if time.Now().After(end) {
			t.Fatal("it does not come to hold")
		}
	}
}

// TestAFloodKeepsNobodyElseOut has one namespace's reviews never end, and more of
// them come than may wait.
func TestAFloodKeepsNobodyElseOut(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name                  string
		slots, queue          int
		flood, judged, turned int
		object                string
	}{
		{name: "a slot is left", slots: 4, queue: 4, flood: 20, judged: 3, turned: 13, object: "{}"},
		// Each takes a slot of three, of which large ones get half; of those waiting half may be large.
		{name: "large ones", slots: 8, queue: 8, flood: 20, judged: 1, turned: 15, object: `{"a":"` + strings.Repeat("x", 600<<10) + `"}`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			var seen tally
			var mu sync.Mutex
			judged := 0
			release := make(chan struct{})
			conf := config(&counts{})
			conf.FlowOf = byNamespace
			conf.Gate = handler.NewGate(tt.slots, tt.queue, &seen)
			conf.Judge = func(_ context.Context, req *admissionv1.AdmissionRequest) *admissionv1.AdmissionResponse {
				if req.Namespace == "flood" {
					mu.Lock()
					judged++
					mu.Unlock()
					<-release
				}
				return &admissionv1.AdmissionResponse{Allowed: true}
			}
			h := handler.New(conf)
			var flood sync.WaitGroup
			for range tt.flood {
				flood.Go(func() { h.ServeHTTP(httptest.NewRecorder(), review(in("flood", tt.object))) })
			}
			until(t, func() bool {
				seen.mu.Lock()
				defer seen.mu.Unlock()
				mu.Lock()
				defer mu.Unlock()
				return seen.turned[fair.Full] == tt.turned && judged == tt.judged
			})
			for range 50 {
				if _, got := ask(t, h, review(in("other", "{}"))); !got.Allowed {
					t.Fatalf("another's is refused: %+v", got.Result)
				}
			}
			mu.Lock()
			if judged != tt.judged {
				t.Errorf("%d of the flood are judged at once, want %d", judged, tt.judged)
			}
			mu.Unlock()
			close(release)
			flood.Wait()
			want := map[fair.Reason]int{fair.Full: tt.turned}
			if diff := cmp.Diff(want, seen.turned); diff != "" || seen.entered != 50+tt.flood-tt.turned {
				t.Errorf("turned away (-want +got):\n%s%d entered", diff, seen.entered)
			}
		})
	}
}

// TestAnotherFlowFindsRoom has a flood that has the only slot and the whole
// queue: another's review gets a place there, and its turn is next.
func TestAnotherFlowFindsRoom(t *testing.T) {
	t.Parallel()
	var seen tally
	var mu sync.Mutex
	var order []string
	first, release := make(chan struct{}), make(chan struct{})
	conf := config(&counts{})
	conf.FlowOf = byNamespace
	conf.Gate = handler.NewGate(1, 3, &seen)
	conf.Judge = func(_ context.Context, req *admissionv1.AdmissionRequest) *admissionv1.AdmissionResponse {
		mu.Lock()
		order = append(order, req.Namespace)
		if len(order) == 1 {
			close(first)
		}
		mu.Unlock()
		<-release
		return &admissionv1.AdmissionResponse{Allowed: true}
	}
	h := handler.New(conf)
	var all sync.WaitGroup
	answers := make(chan string, 10)
	send := func(namespace string) {
		all.Go(func() {
			w := httptest.NewRecorder()
			h.ServeHTTP(w, review(in(namespace, "{}")))
			answers <- namespace + ": " + w.Body.String()
		})
	}
	send("flood")
	<-first
	for n := range 3 {
		send("flood")
		until(t, func() bool { return conf.Gate.Waiting() == n+1 })
	}
	send("other")
	refused := <-answers
	for _, part := range []string{"flood: ", `"uid":"u-1"`, `"code":429`, "most of them are of namespace flood (2)", "made room for somebody else's", "try again"} {
		if !strings.Contains(refused, part) {
			t.Errorf("%s does not say %q", refused, part)
		}
	}
	close(release)
	all.Wait()
	close(answers)
	for a := range answers {
		if !strings.Contains(a, `"allowed":true`) {
			t.Error(a)
		}
	}
	// The flood began to wait before the other came, so it has the first turn.
	if diff := cmp.Diff([]string{"flood", "flood", "other", "flood"}, order); diff != "" {
		t.Errorf("judged in the order (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(map[fair.Reason]int{fair.PushedOut: 1}, seen.turned); diff != "" {
		t.Errorf("turned away (-want +got):\n%s", diff)
	}
}

// TestABodyThatDoesNotComeTakesNoPlace: a client that sends the beginning late
// keeps nobody out.
func TestABodyThatDoesNotComeTakesNoPlace(t *testing.T) {
	t.Parallel()
	conf := config(&counts{})
	conf.Gate = handler.NewGate(1, 0, nil)
	h := handler.New(conf)
	body, sends := io.Pipe()
	r := review("")
	r.Body, r.ContentLength = body, 100
	var slow sync.WaitGroup
	slow.Go(func() { h.ServeHTTP(httptest.NewRecorder(), r) })
	if _, err := io.WriteString(sends, "{"); err != nil { // it is being read
		t.Fatal(err)
	}
	if code, got := ask(t, h, review(envelope(""))); code != http.StatusOK || !got.Allowed {
		t.Errorf("%d, %+v", code, got.Result)
	}
	if err := sends.Close(); err != nil {
		t.Fatal(err)
	}
	slow.Wait()
}
