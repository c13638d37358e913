package cluster

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/redis/go-redis/v9"
)

// redisSlots is how many hash slots a Redis Cluster has (https://redis.io/docs/latest/operate/oss_and_stack/reference/cluster-spec/).
const redisSlots = 16384

// RedisCluster is a Redis Cluster of three masters without replicas, the slots split evenly.
type RedisCluster struct {
	Masters []*Redis
	Addrs   []string
}

// StartRedisCluster starts three masters and waits until each calls the cluster complete.
func StartRedisCluster(ctx context.Context, env Env, opts RedisOptions) (*RedisCluster, error) {
	ports, err := FreePorts(6)
	if err != nil {
		return nil, err
	}
	c := &RedisCluster{}
	for i, port := range ports[:3] {
		o := opts
		o.Name, o.Port = fmt.Sprintf("redis-%d", i), port
		o.Args = append(append([]string{}, opts.Args...),
			"--cluster-enabled", "yes", "--cluster-port", strconv.Itoa(ports[3+i]),
			// Longer than a busy machine lets a node stand still: without replicas, one that counts as dead takes its slots away.
			"--cluster-node-timeout", "60000", "--cluster-config-file", "nodes.conf")
		r, err := StartRedis(ctx, env, o)
		if err != nil {
			return nil, err
		}
		c.Masters, c.Addrs = append(c.Masters, r), append(c.Addrs, r.Addr)
	}
	if err := c.join(ctx, ports); err != nil {
		return nil, fmt.Errorf("forming a Redis Cluster: %w", err)
	}
	return c, nil
}

func (c *RedisCluster) join(ctx context.Context, ports []int) error {
	for i, addr := range c.Addrs {
		first, last := slotRange(i, len(c.Addrs))
		err := with(addr, func(node *redis.Client) error {
			if err := node.ClusterAddSlotsRange(ctx, first, last).Err(); err != nil {
				return err
			}
			// A distinct epoch each, as redis-cli does: nodes that meet with the same one quarrel about it first.
			return node.Do(ctx, "CLUSTER", "SET-CONFIG-EPOCH", i+1).Err()
		})
		if err != nil {
			return err
		}
	}
	err := with(c.Addrs[0], func(node *redis.Client) error {
		for i := 1; i < len(c.Addrs); i++ {
			// The bus port is not the port plus 10000, so it has to be told.
			if err := node.Do(ctx, "CLUSTER", "MEET", "127.0.0.1", ports[i], ports[len(c.Addrs)+i]).Err(); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	return c.AwaitOK(ctx)
}

// AwaitOK waits until every master says that all slots are served and knows all masters.
func (c *RedisCluster) AwaitOK(ctx context.Context) error {
	return poll(ctx, "the Redis Cluster is complete", func(ctx context.Context) error {
		for _, addr := range c.Addrs {
			err := with(addr, func(node *redis.Client) error {
				info, err := node.ClusterInfo(ctx).Result()
				if err == nil && !(strings.Contains(info, "cluster_state:ok") && strings.Contains(info, "cluster_size:3\r")) {
					err = fmt.Errorf("%s says %.200q", addr, info)
				}
				return err
			})
			if err != nil {
				return err
			}
		}
		return nil
	})
}

// MigrateSlot moves a hash slot with its keys to another master, key by key, as redis-cli's reshard does; clients meet MOVED and ASK
// meanwhile.
func (c *RedisCluster) MigrateSlot(ctx context.Context, slot int, from, to *Redis) error {
	source, target := adminClient(from.Addr), adminClient(to.Addr)
	defer source.Close()
	defer target.Close()
	fromID, err := source.ClusterMyID(ctx).Result()
	if err != nil {
		return fmt.Errorf("migrating slot %d: %w", slot, err)
	}
	toID, err := target.ClusterMyID(ctx).Result()
	if err != nil {
		return fmt.Errorf("migrating slot %d: %w", slot, err)
	}
	if err := target.Do(ctx, "CLUSTER", "SETSLOT", slot, "IMPORTING", fromID).Err(); err != nil {
		return fmt.Errorf("importing slot %d: %w", slot, err)
	}
	if err := source.Do(ctx, "CLUSTER", "SETSLOT", slot, "MIGRATING", toID).Err(); err != nil {
		return fmt.Errorf("migrating slot %d: %w", slot, err)
	}
	for {
		keys, err := source.ClusterGetKeysInSlot(ctx, slot, 10).Result()
		if err != nil {
			return fmt.Errorf("listing slot %d: %w", slot, err)
		}
		if len(keys) == 0 {
			break
		}
		args := []any{"MIGRATE", "127.0.0.1", to.Port, "", 0, patience.Milliseconds(), "KEYS"}
		for _, key := range keys {
			args = append(args, key)
		}
		if err := source.Do(ctx, args...).Err(); err != nil {
			return fmt.Errorf("moving keys of slot %d: %w", slot, err)
		}
	}
	for _, addr := range append([]string{to.Addr}, c.Addrs...) { // the new owner first, or the slot has none for a moment
		err := with(addr, func(node *redis.Client) error { return node.Do(ctx, "CLUSTER", "SETSLOT", slot, "NODE", toID).Err() })
		if err != nil {
			return fmt.Errorf("assigning slot %d: %w", slot, err)
		}
	}
	return nil
}

// Owner returns the master that serves a key's slot, and the slot.
func (c *RedisCluster) Owner(ctx context.Context, key string) (*Redis, int, error) {
	node := adminClient(c.Addrs[0])
	defer node.Close()
	slot, err := node.ClusterKeySlot(ctx, key).Result()
	if err != nil {
		return nil, 0, fmt.Errorf("finding the slot of %s: %w", key, err)
	}
	shards, err := node.ClusterShards(ctx).Result()
	if err != nil {
		return nil, 0, fmt.Errorf("finding the owner of slot %d: %w", slot, err)
	}
	for _, shard := range shards {
		serves := func(r redis.SlotRange) bool { return r.Start <= slot && slot <= r.End }
		if !slices.ContainsFunc(shard.Slots, serves) {
			continue
		}
		for _, m := range c.Masters {
			if int64(m.Port) == shard.Nodes[0].Port {
				return m, int(slot), nil
			}
		}
	}
	return nil, 0, fmt.Errorf("nobody serves slot %d", slot)
}

// slotRange returns the share of the i-th of n masters.
func slotRange(i, n int) (first, last int) {
	return i * redisSlots / n, (i+1)*redisSlots/n - 1
}

func with(addr string, f func(*redis.Client) error) error {
	c := adminClient(addr)
	defer c.Close()
	return f(c)
}
