package apiserver_test

import (
	"context"
	"testing"
	"time"

	"tollgate.dev/tollgate/hack/cluster/clustertest"
	"tollgate.dev/tollgate/test/apiserver/rig"
)

// startTimeout bounds the start of everything on a busy machine.
const startTimeout = 4 * time.Minute

// start starts a server with everything around it and ends it with the test.
func start(t *testing.T, opts rig.Options) *rig.Rig {
	t.Helper()
	env := clustertest.NewEnv(t)
	ctx, cancel := context.WithTimeout(t.Context(), startTimeout)
	defer cancel()
	r, err := rig.New(ctx, env, opts)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(r.Close)
	passMidnight(t)
	return r
}

// passMidnight waits while a window of the examples is about to end: they are
// daily, weekly and monthly, and what a test spends should be there when it
// looks.
func passMidnight(t *testing.T) {
	t.Helper()
	const soon = 6 * time.Minute
	for _, zone := range []string{"UTC", "Europe/Berlin", "Asia/Tokyo"} {
		l, err := time.LoadLocation(zone)
		if err != nil {
			t.Fatal(err)
		}
		now := time.Now().In(l)
		if left := time.Until(time.Date(now.Year(), now.Month(), now.Day()+1, 0, 0, 1, 0, l)); left < soon {
			t.Logf("%s: it is midnight in %s soon: waiting for %s", now, zone, left)
			time.Sleep(left)
		}
	}
}
