package ledger

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"tollgate.dev/tollgate/hack/cluster/clustertest"
)

// TestPathsWhileTheyMove lists 25,000 users, more than two round trips hold,
// while uses move them about, and misses none.
func TestPathsWhileTheyMove(t *testing.T) {
	t.Parallel()
	r := clustertest.Redis(t)
	client := r.Client()
	defer client.Close()
	l := New(client)
	const users = 25_000
	pipe := client.Pipeline()
	pipe.ZAdd(t.Context(), touchedKey("acme"), redis.Z{Score: -1, Member: sentinel}, redis.Z{Score: 5, Member: "Not A Path"},
		redis.Z{Score: 5, Member: "other.chat.eng.ann"}, redis.Z{Score: 5, Member: "acme.chat"})
	for u := range users {
		pipe.ZAdd(t.Context(), touchedKey("acme"), redis.Z{Score: float64(u / 3), Member: fmt.Sprintf("acme.chat.eng.user-%05d", u)})
	}
	if _, err := pipe.Exec(t.Context()); err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	var wg sync.WaitGroup
	wg.Go(func() {
		for i := 0; ctx.Err() == nil; i++ {
			z := redis.Z{Score: float64(time.Now().UnixMilli()), Member: fmt.Sprintf("acme.chat.eng.user-%05d", i*7919%users)}
			client.ZAddArgs(ctx, touchedKey("acme"), redis.ZAddArgs{GT: true, Members: []redis.Z{z}})
		}
	})
	for range 20 {
		got, err := l.Users(t.Context(), "acme")
		if err != nil {
			t.Fatal(err)
		}
		if len(got) != users {
			t.Fatalf("%d users of %d", len(got), users)
		}
	}
	stop()
	wg.Wait()
	all, err := l.Paths(t.Context(), "acme")
	if err != nil || len(all) != users+1 || all[0] != "acme.chat" {
		t.Errorf("%d paths, %v", len(all), err)
	}
	none, err := l.Paths(t.Context(), "nobody")
	if err != nil || len(none) != 0 {
		t.Errorf("paths of an unknown organization: %v, %v", none, err)
	}
}

// TestPathsOfOneMoment lists users that all have the same last use, as those do
// that were listed and never used.
func TestPathsOfOneMoment(t *testing.T) {
	t.Parallel()
	r := clustertest.Redis(t)
	client := r.Client()
	defer client.Close()
	pipe := client.Pipeline()
	for u := range 3000 {
		pipe.ZAdd(t.Context(), touchedKey("acme"), redis.Z{Member: fmt.Sprintf("acme.chat.eng.user-%05d", u)})
	}
	if _, err := pipe.Exec(t.Context()); err != nil {
		t.Fatal(err)
	}
	got, err := New(client).Users(t.Context(), "acme")
	if err != nil || len(got) != 3000 {
		t.Errorf("%d users, %v", len(got), err)
	}
}
