package clustertest

import (
	"context"
	"testing"
	"time"

	"tollgate.dev/tollgate/hack/cluster"
	"tollgate.dev/tollgate/hack/supervise"
)

// startTimeout bounds the start of any one component on a busy machine.
const startTimeout = 8 * time.Minute

// NewEnv returns an Env whose processes end and whose folder goes with the test. Processes that die stay down.
func NewEnv(tb testing.TB) cluster.Env {
	tb.Helper()
	if testing.Short() {
		tb.Skip("runs real components: left out under -short")
	}
	bin, err := cluster.FindBinaries()
	if err != nil {
		tb.Fatal(err)
	}
	group := supervise.NewGroup(supervise.Options{Grace: 5 * time.Second})
	dir := tb.TempDir()
	tb.Cleanup(group.Stop) // before the folder goes: cleanups run in reverse
	return cluster.Env{Group: group, Binaries: bin, Dir: dir}
}

// Redis starts an empty Redis without an append-only file.
func Redis(tb testing.TB) *cluster.Redis {
	tb.Helper()
	return RedisWith(tb, cluster.RedisOptions{})
}

// RedisWith starts a Redis as configured.
func RedisWith(tb testing.TB, opts cluster.RedisOptions) *cluster.Redis {
	tb.Helper()
	return start(tb, func(ctx context.Context, env cluster.Env) (*cluster.Redis, error) {
		return cluster.StartRedis(ctx, env, opts)
	})
}

func start[T any](tb testing.TB, f func(context.Context, cluster.Env) (T, error)) T {
	tb.Helper()
	env := NewEnv(tb)
	ctx, cancel := context.WithTimeout(tb.Context(), startTimeout)
	defer cancel()
	handle, err := f(ctx, env)
	if err != nil {
		tb.Fatal(err)
	}
	return handle
}

// ControlPlane starts etcd and kube-apiserver without kube-controller-manager.
func ControlPlane(tb testing.TB) *cluster.ControlPlane {
	tb.Helper()
	return ControlPlaneWith(tb, cluster.ControlPlaneOptions{})
}

// ControlPlaneWith starts a control plane as configured.
func ControlPlaneWith(tb testing.TB, opts cluster.ControlPlaneOptions) *cluster.ControlPlane {
	tb.Helper()
	return start(tb, func(ctx context.Context, env cluster.Env) (*cluster.ControlPlane, error) {
		return cluster.StartControlPlane(ctx, env, opts)
	})
}

// Mimir starts an empty Mimir.
func Mimir(tb testing.TB) *cluster.Mimir {
	tb.Helper()
	return start(tb, func(ctx context.Context, env cluster.Env) (*cluster.Mimir, error) {
		return cluster.StartMimir(ctx, env, cluster.MimirOptions{})
	})
}

// PrometheusAgent starts an agent with a configuration in Prometheus's YAML.
func PrometheusAgent(tb testing.TB, config []byte) *cluster.PrometheusAgent {
	tb.Helper()
	return start(tb, func(ctx context.Context, env cluster.Env) (*cluster.PrometheusAgent, error) {
		return cluster.StartPrometheusAgent(ctx, env, config)
	})
}

// Sentinel starts a master with two replicas and three sentinels.
func Sentinel(tb testing.TB) *cluster.Sentinel {
	tb.Helper()
	return start(tb, func(ctx context.Context, env cluster.Env) (*cluster.Sentinel, error) {
		return cluster.StartSentinel(ctx, env, cluster.RedisOptions{})
	})
}

// RedisCluster starts a Redis Cluster of three masters, configured as opts says.
func RedisCluster(tb testing.TB, opts cluster.RedisOptions) *cluster.RedisCluster {
	tb.Helper()
	return start(tb, func(ctx context.Context, env cluster.Env) (*cluster.RedisCluster, error) {
		return cluster.StartRedisCluster(ctx, env, opts)
	})
}
