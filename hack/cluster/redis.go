package cluster

import (
	"context"
	"fmt"
	"strconv"
	"time"

	"github.com/redis/go-redis/v9"

	"tollgate.dev/tollgate/hack/binaries"
	"tollgate.dev/tollgate/hack/supervise"
)

// AppendFsync says how Redis keeps its append-only file.
type AppendFsync string

// The modes of Redis's appendfsync; without one there is no file and a restarted Redis is empty.
const (
	NoAppendFile        AppendFsync = ""
	AppendFsyncAlways   AppendFsync = "always"
	AppendFsyncEverySec AppendFsync = "everysec"
	AppendFsyncNo       AppendFsync = "no"
)

// RedisOptions configure one redis-server. The zero value is an empty, unprotected server on a free port that forgets everything when
// it ends.
type RedisOptions struct {
	// Name is the process's name, for several in one Env; default "redis".
	Name string
	// Port is the port to serve on; 0 picks a free one.
	Port int
	// Append keeps data over restarts.
	Append AppendFsync
	// Args are further command line arguments, such as "--maxmemory", "64mb".
	Args []string
}

// Redis is a running redis-server.
type Redis struct {
	*supervise.Process
	// Addr is its host and port.
	Addr string
	Port int
}

// StartRedis starts a redis-server and waits until it answers and has loaded its data.
func StartRedis(ctx context.Context, env Env, opts RedisOptions) (*Redis, error) {
	if opts.Name == "" {
		opts.Name = "redis"
	}
	port, err := portOr(opts.Port)
	if err != nil {
		return nil, err
	}
	args := []string{
		"--port", strconv.Itoa(port), "--bind", "127.0.0.1", "--save", "", "--daemonize", "no",
		"--enable-debug-command", "local", // DEBUG SLEEP and DEBUG LOADAOF belong to fault tests
		"--repl-diskless-sync-delay", "0",
	}
	if opts.Append != NoAppendFile {
		args = append(args, "--appendonly", "yes", "--appendfsync", string(opts.Append))
	}
	p, err := env.start(ctx, binaries.RedisServer, supervise.Spec{
		Name: opts.Name, Args: append(args, opts.Args...), Ready: redisReady(Loopback(port)),
	})
	if err != nil {
		return nil, fmt.Errorf("starting Redis: %w", err)
	}
	return &Redis{Process: p, Addr: Loopback(port), Port: port}, nil
}

// Client returns a client that waits for a server which stands still for a while. The caller closes it.
func (r *Redis) Client() *redis.Client {
	return redis.NewClient(&redis.Options{
		Addr: r.Addr, ContextTimeoutEnabled: true,
		DialTimeout: patience, ReadTimeout: patience, WriteTimeout: patience, PoolTimeout: patience,
	})
}

// patience bounds one command of clients for tests and for setting servers up. It is far more than a busy machine lets a process
// wait; calls that must end sooner have contexts.
const patience = time.Minute

// redisReady asks PING, which answers an error while data is being loaded.
func redisReady(addr string) func(context.Context) error {
	return func(ctx context.Context) error {
		c := adminClient(addr)
		defer c.Close()
		return c.Ping(ctx).Err()
	}
}

// adminClient is a short-lived client for setting servers up.
func adminClient(addr string) *redis.Client { return redis.NewClient(adminOptions(addr)) }

func adminOptions(addr string) *redis.Options {
	return &redis.Options{
		Addr: addr, PoolSize: 1, MaxRetries: -1, DialerRetries: 1, ContextTimeoutEnabled: true,
		DialTimeout: patience, ReadTimeout: patience, WriteTimeout: patience,
	}
}
