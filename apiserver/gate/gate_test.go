package gate_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"testing"

	apierrors "k8s.io/apimachinery/pkg/api/errors"

	"tollgate.dev/tollgate/apiserver/gate"
)

// within runs f inside a request of the gate.
func within(ctx context.Context, g *gate.Gate, f func(ctx context.Context)) {
	h := g.Handler(http.HandlerFunc(func(_ http.ResponseWriter, req *http.Request) { f(req.Context()) }))
	h.ServeHTTP(httptest.NewRecorder(), httptest.NewRequestWithContext(ctx, http.MethodGet, "/", nil))
}

func TestLargeListsWaitForEachOther(t *testing.T) {
	t.Parallel()
	g := gate.New(1000)
	within(t.Context(), g, func(first context.Context) {
		if err := gate.Enter(first, 1000); err != nil {
			t.Fatal(err)
		}
		impatient, cancel := context.WithCancel(t.Context())
		cancel()
		within(impatient, g, func(ctx context.Context) {
			err := gate.Enter(ctx, 600)
			if !apierrors.IsTooManyRequests(err) {
				t.Errorf("a second large list: %v, want a 429", err)
			}
			if seconds, ok := apierrors.SuggestsClientDelay(err); !ok || seconds == 0 {
				t.Error("the 429 does not say when to try again")
			}
			if err := gate.Enter(ctx, 500); err != nil {
				t.Errorf("a page was made to wait: %v", err)
			}
		})
	})
	// The first request has ended, so all of the gate is free; more than fits counts as all of it.
	within(t.Context(), g, func(ctx context.Context) {
		if err := gate.Enter(ctx, 1_000_000); err != nil {
			t.Errorf("after the first list ended: %v", err)
		}
	})
}

func TestWithoutAHandlerNothingWaits(t *testing.T) {
	t.Parallel()
	if err := gate.Enter(t.Context(), 1_000_000); err != nil {
		t.Error(err)
	}
}
