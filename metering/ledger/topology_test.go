package ledger

import (
	"sync"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"tollgate.dev/tollgate/hack/cluster"
	"tollgate.dev/tollgate/hack/cluster/clustertest"
	"tollgate.dev/tollgate/metering/money"
)

// TestSentinel kills the master. What was replicated by then is there, to the
// nano-dollar, and requests that were under way go on at the new master.
func TestSentinel(t *testing.T) {
	t.Parallel()
	s := clustertest.Sentinel(t)
	client := redis.NewFailoverClient(&redis.FailoverOptions{MasterName: s.MasterName, SentinelAddrs: s.Addrs})
	defer client.Close()
	l := New(client, WithPatience(time.Minute))
	users, limits := small(t, l, "acme", 20*money.Dollar)
	tr := newTraffic(l, "acme", users)
	tr.run(t, "before", 8, time.Second)
	if n, err := client.Wait(t.Context(), 2, 10*time.Second).Result(); err != nil || n != 2 {
		t.Fatalf("replicated to %d, %v", n, err)
	}
	if err := s.Servers[0].Kill(); err != nil {
		t.Fatal(err)
	}
	// The first requests meet a master that is dead.
	tr.run(t, "after", 8, 4*time.Second)
	tr.due()
	b := snapshot(t, client, "acme", users)
	b.checkSums(t)
	b.checkLimits(t, limits, nil)
	tr.wantRefusals(t)
	tr.check(t, client)
}

// TestSentinelUnderLoad kills the master while it answers. Replication is
// asynchronous, so the last answers may be lost; then the books differ, but the
// sums of the levels do not, and no window of the new master passes its limit by
// more than what was recorded for lost holds.
func TestSentinelUnderLoad(t *testing.T) {
	t.Parallel()
	s := clustertest.Sentinel(t)
	client := redis.NewFailoverClient(&redis.FailoverOptions{MasterName: s.MasterName, SentinelAddrs: s.Addrs})
	defer client.Close()
	l := New(client, WithPatience(time.Minute))
	users, limits := small(t, l, "acme", 20*money.Dollar)
	tr := newTraffic(l, "acme", users)
	tr.lossy = true
	var wg sync.WaitGroup
	wg.Go(func() { tr.run(t, "load", 8, 5*time.Second) })
	time.Sleep(time.Second)
	if err := s.Servers[0].Kill(); err != nil {
		t.Fatal(err)
	}
	wg.Wait()
	tr.due()
	if _, err := l.Sweep(t.Context(), "acme"); err != nil {
		t.Fatal(err)
	}
	b := snapshot(t, client, "acme", users)
	b.checkSums(t)
	b.checkLimits(t, limits, tr.recorded)
	tr.wantRefusals(t)
	t.Logf("%d holds were lost with the master and recorded", tr.gone)
}

// TestCluster moves the organization's slot from master to master and back
// under load, and kills a master that is started again.
func TestCluster(t *testing.T) {
	t.Parallel()
	shards := clustertest.RedisCluster(t, cluster.RedisOptions{Append: cluster.AppendFsyncAlways})
	client := redis.NewClusterClient(&redis.ClusterOptions{Addrs: shards.Addrs})
	defer client.Close()
	l := New(client, WithPatience(time.Minute))
	users, limits := small(t, l, "acme", 20*money.Dollar)
	tr := newTraffic(l, "acme", users)
	stopped := make(chan struct{})
	var wg sync.WaitGroup
	wg.Go(func() { defer close(stopped); tr.run(t, "moving", 8, 5*time.Second) })
	moves := 0
	for moving := true; moving; {
		select {
		case <-stopped:
			moving = false
		default:
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
			moves++
			// New users come into being meanwhile, and limits are applied.
			small(t, l, "acme", 20*money.Dollar)
			time.Sleep(100 * time.Millisecond)
		}
	}
	wg.Wait()
	t.Logf("the slot moved %d times", moves)
	if moves < 3 {
		t.Error("the slot hardly moved")
	}

	wg.Go(func() { tr.run(t, "killed", 8, 4*time.Second) })
	time.Sleep(time.Second)
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
	wg.Wait()
	tr.due()
	b := snapshot(t, client, "acme", users)
	b.checkSums(t)
	b.checkLimits(t, limits, nil)
	tr.wantRefusals(t)
	tr.check(t, client)
}
