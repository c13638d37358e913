package clustertest_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"tollgate.dev/tollgate/hack/cluster"
	"tollgate.dev/tollgate/hack/cluster/clustertest"
)

func TestRedisKeepsAnAppendOnlyFileThroughAKill(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name   string
		append cluster.AppendFsync
		want   int64
	}{
		{name: "kept with an append-only file", append: cluster.AppendFsyncAlways, want: 1},
		{name: "forgotten without", append: cluster.NoAppendFile, want: 0},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			r := clustertest.RedisWith(t, cluster.RedisOptions{Append: tt.append})
			c := r.Client()
			defer c.Close()
			if err := c.Set(t.Context(), "key", "value", 0).Err(); err != nil {
				t.Fatal(err)
			}
			if err := r.Kill(); err != nil {
				t.Fatal(err)
			}
			if r.PID() != 0 {
				t.Error("a killed Redis still has a process id")
			}
			if err := r.Start(t.Context()); err != nil {
				t.Fatal(err)
			}
			got, err := c.Exists(t.Context(), "key").Result()
			if err != nil || got != tt.want {
				t.Errorf("keys after the kill: %d, %v; want %d", got, err, tt.want)
			}
		})
	}
}

func TestSentinelFailsOverWhenTheMasterDies(t *testing.T) {
	t.Parallel()
	s := clustertest.Sentinel(t)
	// Longer than WAIT may take, on replicas that stand still.
	c := redis.NewFailoverClient(&redis.FailoverOptions{MasterName: s.MasterName, SentinelAddrs: s.Addrs, ReadTimeout: 2 * time.Minute})
	defer c.Close()
	ctx, cancel := context.WithTimeout(t.Context(), 8*time.Minute)
	defer cancel()
	// WAIT is about what its own connection wrote.
	pipe := c.Pipeline()
	pipe.Set(ctx, "key", "value", 0)
	n := pipe.Do(ctx, "WAIT", 2, time.Minute.Milliseconds())
	if _, err := pipe.Exec(ctx); err != nil || n.Val() != int64(2) {
		t.Fatalf("replicated to %v, %v; want 2", n.Val(), err)
	}
	master, err := s.Master(ctx)
	if err != nil {
		t.Fatal(err)
	}
	if err := master.Kill(); err != nil {
		t.Fatal(err)
	}
	if err := s.Watch(ctx, time.Second); err != nil {
		t.Fatal(err)
	}
	for {
		// Writable again, and by another server: the first is down.
		err := c.Append(ctx, "key", "!").Err()
		if err == nil {
			break
		}
		if ctx.Err() != nil {
			t.Fatalf("no failover: %v", err)
		}
		time.Sleep(50 * time.Millisecond)
	}
	if err := s.Watch(ctx, 8*time.Minute); err != nil { // the next one may stand still
		t.Fatal(err)
	}
	got, err := c.Get(ctx, "key").Result()
	if err != nil || !strings.HasPrefix(got, "value!") {
		t.Errorf("after the failover: %q, %v", got, err)
	}
}

func TestRedisClusterMovesASlotWithItsKeys(t *testing.T) {
	t.Parallel()
	cl := clustertest.RedisCluster(t, cluster.RedisOptions{})
	c := redis.NewClusterClient(&redis.ClusterOptions{Addrs: cl.Addrs, ReadTimeout: time.Minute})
	defer c.Close()
	for i := range 25 {
		if err := c.Set(t.Context(), fmt.Sprintf("{acme}:%d", i), i, 0).Err(); err != nil {
			t.Fatal(err)
		}
	}
	from, slot, err := cl.Owner(t.Context(), "{acme}")
	if err != nil {
		t.Fatal(err)
	}
	to := cl.Masters[0]
	if to == from {
		to = cl.Masters[1]
	}
	if err := cl.MigrateSlot(t.Context(), slot, from, to); err != nil {
		t.Fatal(err)
	}
	if owner, _, err := cl.Owner(t.Context(), "{acme}"); err != nil || owner != to {
		t.Errorf("the slot is not where it was moved to: %v", err)
	}
	for i := range 25 {
		got, err := c.Get(t.Context(), fmt.Sprintf("{acme}:%d", i)).Int()
		if err != nil || got != i {
			t.Errorf("key %d after the move: %d, %v", i, got, err)
		}
	}
}
