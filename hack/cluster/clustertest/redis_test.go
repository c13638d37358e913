package clustertest_test

import (
	"testing"

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
