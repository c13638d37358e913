package cluster

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/redis/go-redis/v9"

	"tollgate.dev/tollgate/hack/binaries"
	"tollgate.dev/tollgate/hack/supervise"
)

// sentinelMaster is the name the sentinels watch the master under.
const sentinelMaster = "ledger"

// watchful is how long a master may be silent at first. It is more than any machine stands still for, so that a master which merely
// waits for a processor is not replaced while a test counts.
const watchful = 2 * time.Minute

// Sentinel is a master with two replicas watched by three sentinels with a quorum of two. A master is replaced when it was silent for
// two minutes, or what Watch was told, or at once with Replace.
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
sentinel down-after-milliseconds %[3]s %[5]d
sentinel failover-timeout %[3]s 10000
`, port, dir, sentinelMaster, master, watchful.Milliseconds())
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
			c := redis.NewSentinelClient(adminOptions(addr))
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

// Watch has the sentinels replace a master that was silent for so long. A short time is for tests that may lose answers: a master that
// merely stands still is replaced too.
func (s *Sentinel) Watch(ctx context.Context, silent time.Duration) error {
	for _, addr := range s.Addrs {
		err := with(addr, func(sentinel *redis.Client) error {
			return sentinel.Do(ctx, "SENTINEL", "SET", s.MasterName, "down-after-milliseconds", silent.Milliseconds()).Err()
		})
		if err != nil {
			return fmt.Errorf("telling sentinel %s when a master is down: %w", addr, err)
		}
	}
	return nil
}

// Master returns the server that all sentinels name as the master, and waits until they agree.
func (s *Sentinel) Master(ctx context.Context) (*Redis, error) {
	var master *Redis
	err := poll(ctx, "the sentinels name one master", func(ctx context.Context) error {
		named := ""
		for _, addr := range s.Addrs {
			one, err := s.named(ctx, addr)
			if err != nil {
				return err
			}
			if named != "" && named != one {
				return fmt.Errorf("they name %s and %s", named, one)
			}
			named = one
		}
		at := slices.IndexFunc(s.Servers, func(r *Redis) bool { return r.Addr == named })
		if at < 0 {
			return fmt.Errorf("%s is none of the servers", named)
		}
		master = s.Servers[at]
		return nil
	})
	return master, err
}

// named returns the address of the master that one sentinel names.
func (s *Sentinel) named(ctx context.Context, sentinel string) (string, error) {
	c := redis.NewSentinelClient(adminOptions(sentinel))
	defer c.Close()
	hostPort, err := c.GetMasterAddrByName(ctx, s.MasterName).Result()
	if err != nil {
		return "", fmt.Errorf("sentinel %s: %w", sentinel, err)
	}
	return net.JoinHostPort(hostPort[0], hostPort[1]), nil
}

// Replace has the sentinels replace a dead master now, and waits until all name another one.
func (s *Sentinel) Replace(ctx context.Context, dead *Redis) error {
	return poll(ctx, "the dead master is replaced", func(ctx context.Context) error {
		for _, addr := range s.Addrs {
			named, err := s.named(ctx, addr)
			if err != nil {
				return err
			}
			if named != dead.Addr {
				continue
			}
			// One of them begins, and it refuses while it is at it; the others follow.
			begun := with(s.Addrs[0], func(sentinel *redis.Client) error {
				return sentinel.Do(ctx, "SENTINEL", "FAILOVER", s.MasterName).Err()
			})
			return fmt.Errorf("sentinel %s names the dead one (a failover was asked for: %v)", addr, begun)
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
