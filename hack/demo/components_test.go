package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"tollgate.dev/tollgate/hack/cluster"
	"tollgate.dev/tollgate/hack/demo/specs"
	"tollgate.dev/tollgate/hack/supervise"
)

func TestWithoutARedisAnImitationServesAndSaysSo(t *testing.T) {
	r := newRig(t)
	for _, dir := range []string{r.home.run(), filepath.Dir(r.home.program())} {
		if err := os.MkdirAll(dir, 0o700); err != nil {
			t.Fatal(err)
		}
	}
	if err := copyProgram(r.home.program()); err != nil {
		t.Fatal(err)
	}
	lock, err := r.home.claim() // what says that the folder is a demo's
	if err != nil {
		t.Fatal(err)
	}
	defer lock.Close()
	b := newBoard(r.home.state())
	group := supervise.NewGroup(supervise.Options{Observe: b.observe})
	defer group.Stop()
	d := &demo{home: r.home, board: b, env: cluster.Env{Group: group, Dir: r.home.run(), Restart: true}} // finds no program at all
	if err := d.startRedis(t.Context()); err != nil {
		t.Fatal(err)
	}
	ledger, done, err := specs.OpenLedger("redis://" + d.redis)
	if err != nil {
		t.Fatal(err)
	}
	defer done()
	if _, err := ledger.NextGeneration(t.Context(), "acme"); err != nil {
		t.Errorf("the ledger on the imitation: %v", err)
	}
	if got := r.state().Notes; len(got) != 1 || !strings.Contains(got[0], "miniredis") {
		t.Errorf("notes %q do not say what serves", got)
	}
}
