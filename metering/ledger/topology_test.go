package ledger

import (
	"context"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"tollgate.dev/tollgate/hack/cluster"
	"tollgate.dev/tollgate/hack/cluster/clustertest"
	"tollgate.dev/tollgate/metering/money"
)

// throughSentinel returns a client of the master whom the sentinels name, which
// waits for servers that stand still.
func throughSentinel(s *cluster.Sentinel) *redis.Client {
	return redis.NewFailoverClient(&redis.FailoverOptions{
		MasterName: s.MasterName, SentinelAddrs: s.Addrs, ReadTimeout: 2 * time.Minute, PoolTimeout: 2 * time.Minute,
	})
}

// replicated waits until both replicas have what was answered.
func replicated(t *testing.T, client redis.UniversalClient) {
	t.Helper()
	// WAIT is about what its own connection wrote, so it takes one write.
	pipe := client.Pipeline()
	pipe.Set(t.Context(), "written", "last", 0)
	n := pipe.Do(t.Context(), "WAIT", 2, time.Minute.Milliseconds())
	if _, err := pipe.Exec(t.Context()); err != nil || n.Val() != int64(2) {
		t.Fatalf("replicated to %v, %v", n.Val(), err)
	}
}

// TestSentinel kills the master. What was replicated by then is there, to the
// nano-dollar, and requests that were under way go on at the new master.
func TestSentinel(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithTimeout(t.Context(), trafficPatience)
	defer cancel()
	s := clustertest.Sentinel(t)
	client := throughSentinel(s)
	defer client.Close()
	l := New(client, WithPatience(trafficPatience))
	users, limits := small(t, l, "acme", 20*money.Dollar)
	tr := newTraffic(l, "acme", users)
	tr.run(t, "before", 8, tr.done(time.Second, 50, 1))
	replicated(t, client)
	master, err := s.Master(ctx)
	if err != nil {
		t.Fatal(err)
	}
	if err := master.Kill(); err != nil {
		t.Fatal(err)
	}
	// The first requests meet a master that is dead.
	var wg sync.WaitGroup
	wg.Go(func() { tr.run(t, "after", 8, tr.done(time.Second, 50, 1)) })
	if err := s.Replace(ctx, master); err != nil {
		t.Fatal(err)
	}
	wg.Wait()
	tr.due()
	b := snapshot(t, client, "acme", users)
	b.checkSums(t)
	b.checkLimits(t, limits, nil)
	tr.check(t, client)
}

// TestSentinelUnderLoad kills the master while it answers, and has the sentinels
// find out by themselves. Replication is asynchronous, so the last answers may be
// lost; then the books differ, but the sums of the levels do not, and no window of
// the new master passes its limit by more than what was recorded for lost holds.
func TestSentinelUnderLoad(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithTimeout(t.Context(), trafficPatience)
	defer cancel()
	s := clustertest.Sentinel(t)
	client := throughSentinel(s)
	defer client.Close()
	l := New(client, WithPatience(trafficPatience))
	users, limits := small(t, l, "acme", 20*money.Dollar)
	replicated(t, client) // the limits are in force wherever requests go on
	tr := newTraffic(l, "acme", users)
	tr.lossy = true
	var replaced atomic.Bool
	var wg sync.WaitGroup
	wg.Go(func() {
		tr.run(t, "load", 8, func() bool { return replaced.Load() })
		tr.run(t, "later", 8, tr.done(time.Second, 50, 1))
	})
	await(t, tr.done(time.Second, 50, 1))
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
	for now := master; now == master; {
		if now, err = s.Master(ctx); err != nil {
			t.Fatal(err)
		}
	}
	// One failover is enough: this master may stand still.
	if err := s.Watch(ctx, trafficPatience); err != nil {
		t.Fatal(err)
	}
	replaced.Store(true)
	wg.Wait()
	tr.due()
	if _, err := l.Sweep(t.Context(), "acme"); err != nil {
		t.Fatal(err)
	}
	b := snapshot(t, client, "acme", users)
	b.checkSums(t)
	b.checkLimits(t, limits, tr.recorded)
	t.Logf("%d holds were lost with the master and recorded", tr.gone)
}

// TestCluster moves the organization's slot from master to master and back
// under load, and kills a master that is started again.
func TestCluster(t *testing.T) {
	t.Parallel()
	shards := clustertest.RedisCluster(t, cluster.RedisOptions{Append: cluster.AppendFsyncAlways})
	client := redis.NewClusterClient(&redis.ClusterOptions{Addrs: shards.Addrs, ReadTimeout: time.Minute, PoolTimeout: time.Minute})
	defer client.Close()
	l := New(client, WithPatience(trafficPatience))
	users, limits := small(t, l, "acme", 20*money.Dollar)
	tr := newTraffic(l, "acme", users)
	var over atomic.Bool
	var wg sync.WaitGroup
	wg.Go(func() { tr.run(t, "moving", 8, over.Load) })
	for done, moves := tr.done(5*time.Second, 100, 1), 0; moves < 3 || !done(); moves++ {
		moveSlot(t, shards)
		// New users come into being meanwhile, and limits are applied.
		small(t, l, "acme", 20*money.Dollar)
		await(t, tr.done(100*time.Millisecond, 5, 0))
	}
	over.Store(true)
	wg.Wait()

	var back atomic.Bool
	wg.Go(func() {
		done := tr.done(4*time.Second, 100, 1)
		tr.run(t, "killed", 8, func() bool { return back.Load() && done() })
	})
	await(t, tr.done(time.Second, 20, 0))
	owner, _, err := shards.Owner(t.Context(), openKey("acme"))
	if err != nil {
		t.Fatal(err)
	}
	if err := owner.Kill(); err != nil {
		t.Fatal(err)
	}
	if err := owner.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	back.Store(true)
	wg.Wait()
	tr.due()
	b := snapshot(t, client, "acme", users)
	b.checkSums(t)
	b.checkLimits(t, limits, nil)
	tr.check(t, client)
}

// moveSlot moves acme's slot to another master.
func moveSlot(t *testing.T, shards *cluster.RedisCluster) {
	t.Helper()
	from, slot, err := shards.Owner(t.Context(), openKey("acme"))
	if err != nil {
		t.Fatal(err)
	}
	to := shards.Masters[0]
	if to == from {
		to = shards.Masters[1]
	}
	if err := shards.MigrateSlot(t.Context(), slot, from, to); err != nil {
		t.Fatal(err)
	}
}
