package cluster

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/redis/go-redis/v9"

	"tollgate.dev/tollgate/hack/binaries"
	"tollgate.dev/tollgate/hack/supervise"
)

// sentinelMaster is the name the sentinels watch the master under.
const sentinelMaster = "ledger"

// Sentinel is a master with two replicas watched by three sentinels with a quorum of two. A dead master is replaced within seconds.
type Sentinel struct {
	// MasterName is what a failover client asks the sentinels for.
	MasterName string
	// Servers are the three redis-servers; the first was the master at the start.
	Servers []*Redis
	// Sentinels are the three sentinels, Addrs their addresses.
	Sentinels []*supervise.Process
	Addrs     []string
}

// StartSentinel starts the six processes and waits until the sentinels know the replicas and each other, so that a failover can
// succeed at once.
func StartSentinel(ctx context.Context, env Env, opts RedisOptions) (*Sentinel, error) {
	s := &Sentinel{MasterName: sentinelMaster}
	ports, err := FreePorts(6)
	if err != nil {
		return nil, err
	}
	for i, port := range ports[:3] {
		o := opts
		o.Name, o.Port = fmt.Sprintf("redis-%d", i), port
		if i > 0 {
			o.Args = append(append([]string{}, opts.Args...), "--replicaof", fmt.Sprintf("127.0.0.1 %d", ports[0]))
		}
		r, err := StartRedis(ctx, env, o)
		if err != nil {
			return nil, err
		}
		s.Servers = append(s.Servers, r)
	}
	for i, port := range ports[3:] {
		p, err := startSentinel(ctx, env, fmt.Sprintf("sentinel-%d", i), port, ports[0])
		if err != nil {
			return nil, err
		}
		s.Sentinels, s.Addrs = append(s.Sentinels, p), append(s.Addrs, Loopback(port))
	}
	return s, s.awaitQuorum(ctx)
}

// startSentinel writes the configuration, which a sentinel rewrites, and starts it.
func startSentinel(ctx context.Context, env Env, name string, port, master int) (*supervise.Process, error) {
	dir, err := env.folder(name)
	if err != nil {
		return nil, err
	}
	config := filepath.Join(dir, "sentinel.conf")
	text := fmt.Sprintf(`port %d
bind 127.0.0.1
dir %s
sentinel monitor %[3]s 127.0.0.1 %[4]d 2
sentinel down-after-milliseconds %[3]s 1000
sentinel failover-timeout %[3]s 3000
`, port, dir, sentinelMaster, master)
	if err := os.WriteFile(config, []byte(text), 0o600); err != nil {
		return nil, fmt.Errorf("configuring %s: %w", name, err)
	}
	p, err := env.start(ctx, binaries.RedisServer, supervise.Spec{
		Name: name, Args: []string{config, "--sentinel"}, Ready: redisReady(Loopback(port)),
	})
	if err != nil {
		return nil, fmt.Errorf("starting a sentinel: %w", err)
	}
	return p, nil
}

func (s *Sentinel) awaitQuorum(ctx context.Context) error {
	return poll(ctx, "the sentinels know the replicas and each other", func(ctx context.Context) error {
		for _, addr := range s.Addrs {
			c := redis.NewSentinelClient(&redis.Options{Addr: addr, MaxRetries: -1})
			err := errors.Join(
				counts(c.Replicas(ctx, s.MasterName), 2, "replicas"),
				counts(c.Sentinels(ctx, s.MasterName), 2, "other sentinels"),
				c.CkQuorum(ctx, s.MasterName).Err(),
				c.Close())
			if err != nil {
				return fmt.Errorf("sentinel %s: %w", addr, err)
			}
		}
		return nil
	})
}

// counts fails unless a sentinel lists want healthy peers.
func counts(cmd *redis.MapStringStringSliceCmd, want int, what string) error {
	peers, err := cmd.Result()
	if err != nil {
		return err
	}
	healthy := 0
	for _, p := range peers {
		if p["flags"] == "slave" && p["master-link-status"] == "ok" || p["flags"] == "sentinel" {
			healthy++
		}
	}
	if healthy != want {
		return fmt.Errorf("knows %d %s, want %d", healthy, what, want)
	}
	return nil
}

// poll asks until check answers nil.
func poll(ctx context.Context, what string, check func(context.Context) error) error {
	for {
		err := check(ctx)
		if err == nil {
			return nil
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("waiting until %s: %w; last answer: %v", what, ctx.Err(), err)
		case <-time.After(50 * time.Millisecond):
		}
	}
}
