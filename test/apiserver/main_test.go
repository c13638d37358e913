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
	return r
}
