package cluster

import (
	"net/http"
	"net/http/httptest"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// TestWriteRequest compares with bytes worked out by hand from the specification.
func TestWriteRequest(t *testing.T) {
	got := writeRequest([]Series{{
		Labels:  map[string]string{"b": "2", "__name__": "a"},
		Samples: []Sample{{Time: time.UnixMilli(300), Value: 1}},
	}})
	want := []byte{
		0x0a, 0x25, // one series
		0x0a, 0x0d, 0x0a, 0x08, '_', '_', 'n', 'a', 'm', 'e', '_', '_', 0x12, 0x01, 'a',
		0x0a, 0x06, 0x0a, 0x01, 'b', 0x12, 0x01, '2',
		0x12, 0x0c, 0x09, 0, 0, 0, 0, 0, 0, 0xf0, 0x3f, 0x10, 0xac, 0x02,
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// TestPushTriesAgain has a Mimir whose parts do not answer each other at first, and
// one that refuses what it is sent.
func TestPushTriesAgain(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name    string
		answers []int
		fails   bool
	}{
		{name: "stands still for a moment", answers: []int{500, 503, 200}},
		{name: "refuses", answers: []int{400}, fails: true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			var asked atomic.Int32
			server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
				w.WriteHeader(tt.answers[min(int(asked.Add(1)), len(tt.answers))-1])
			}))
			defer server.Close()
			m := &Mimir{PushURL: server.URL}
			if err := m.Push(t.Context(), "acme", Series{}); (err != nil) != tt.fails || int(asked.Load()) != len(tt.answers) {
				t.Errorf("asked %d times: %v", asked.Load(), err)
			}
		})
	}
}
