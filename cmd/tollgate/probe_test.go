package main

import (
	"context"
	"errors"
	"strings"
	"testing"

	"k8s.io/klog/v2/ktesting"

	"tollgate.dev/tollgate/apiserver"
	"tollgate.dev/tollgate/cmd/tollgate/internal/metrics"
)

// A backend that does not answer is told of, unless it was given up because the
// server ends.
func TestABackendThatIsAwayIsLogged(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name  string
		check func(stop func()) error
		want  bool
	}{
		{name: "it answers", check: func(func()) error { return nil }},
		{name: "it is away", check: func(func()) error { return errors.New("nobody is there") }, want: true},
		{name: "the server ends", check: func(stop func()) error { stop(); return context.Canceled }},
	} {
		t.Run(tt.name, func(t *testing.T) {
			log := &ktesting.BufferTL{}
			ctx, stop := context.WithCancel(t.Context())
			defer stop()
			p := &process{metrics: metrics.New(), checks: []apiserver.Check{
				{Name: "redis-default", Check: func(context.Context) error { return tt.check(stop) }},
			}}
			p.probe(ctx, ktesting.NewLogger(log, ktesting.NewConfig()))
			if got := strings.Contains(log.String(), `backend="redis-default"`); got != tt.want {
				t.Errorf("logged %q", log)
			}
		})
	}
}
