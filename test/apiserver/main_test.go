package apiserver_test

import (
	"context"
	"testing"
	"time"

	"tollgate.dev/tollgate/hack/cluster/clustertest"
	"tollgate.dev/tollgate/test/apiserver/rig"
)

// startTimeout bounds the start of everything on a busy machine.
const startTimeout = 12 * time.Minute

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
// daily, weekly and monthly, and what a test spends should be there when it looks.
// What a test calls lies in the minutes before, so a month has to be some old.
func passMidnight(t *testing.T) {
	t.Helper()
	const before, ofMonth = 5 * time.Minute, 3 * time.Minute
	for _, zone := range []string{"UTC", "Europe/Berlin", "Asia/Tokyo"} {
		l, err := time.LoadLocation(zone)
		if err != nil {
			t.Fatal(err)
		}
		soon := time.Now().Add(before).In(l)
		begin := time.Date(soon.Year(), soon.Month(), soon.Day(), 0, 0, 1, 0, l) // of the day that it is then
		if soon.Day() == 1 {
			begin = begin.Add(ofMonth)
		}
		if left := time.Until(begin); left > 0 {
			t.Logf("a window in %s begins: waiting for %s", zone, left)
			time.Sleep(left)
		}
	}
}
