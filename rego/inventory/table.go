package inventory

import (
	"hash/maphash"
	"iter"
	"maps"
)

const (
	// shardSize is how many entries a shard holds on average before the table
	// is spread over more of them.
	shardSize = 64
	// growth is how many times more shards it is spread over then.
	growth = 16
)

// table is a map whose snapshots cost only what changed since the last one:
// the entries stand in shards, a snapshot shares them, and a shard is copied
// when it is written to for the first time after a snapshot.
type table[V any] struct {
	seed   maphash.Seed
	shards []map[string]V
	shared []bool // the shard belongs to a snapshot as well
	size   int
	last   *frozen[V] // nil after a write
}

func newTable[V any]() *table[V] {
	return &table[V]{seed: maphash.MakeSeed(), shards: make([]map[string]V, 1), shared: make([]bool, 1)}
}

func shardOf(seed maphash.Seed, shards int, key string) int {
	if shards == 1 {
		return 0
	}
	return int(maphash.String(seed, key) % uint64(shards))
}

func (t *table[V]) get(key string) (V, bool) {
	v, ok := t.shards[shardOf(t.seed, len(t.shards), key)][key]
	return v, ok
}

func (t *table[V]) set(key string, v V) {
	shard := t.own(key)
	if _, ok := shard[key]; !ok {
		t.size++
	}
	shard[key] = v
	if t.size > shardSize*len(t.shards) {
		t.spread()
	}
}

func (t *table[V]) remove(key string) {
	if _, ok := t.get(key); ok {
		delete(t.own(key), key)
		t.size--
	}
}

// own returns the shard of a key, ready to be written to.
func (t *table[V]) own(key string) map[string]V {
	t.last = nil
	i := shardOf(t.seed, len(t.shards), key)
	switch {
	case t.shards[i] == nil:
		t.shards[i] = map[string]V{}
	case t.shared[i]:
		t.shards[i] = maps.Clone(t.shards[i])
	}
	t.shared[i] = false
	return t.shards[i]
}

func (t *table[V]) spread() {
	old := t.shards
	n := len(old) * growth
	t.shards, t.shared = make([]map[string]V, n), make([]bool, n)
	for _, shard := range old {
		for k, v := range shard {
			i := shardOf(t.seed, n, k)
			if t.shards[i] == nil {
				t.shards[i] = make(map[string]V, shardSize/growth)
			}
			t.shards[i][k] = v
		}
	}
}

// freeze returns the table as it is now. The snapshot is the last one again
// when nothing was written since.
func (t *table[V]) freeze() *frozen[V] {
	if t.last == nil {
		t.last = &frozen[V]{seed: t.seed, shards: append([]map[string]V(nil), t.shards...), size: t.size}
		for i := range t.shared {
			t.shared[i] = true
		}
	}
	return t.last
}

// frozen is a snapshot of a table. It never changes.
type frozen[V any] struct {
	seed   maphash.Seed
	shards []map[string]V
	size   int
}

func (f *frozen[V]) get(key string) (V, bool) {
	v, ok := f.shards[shardOf(f.seed, len(f.shards), key)][key]
	return v, ok
}

func (f *frozen[V]) all() iter.Seq2[string, V] {
	return func(yield func(string, V) bool) {
		for _, shard := range f.shards {
			for k, v := range shard {
				if !yield(k, v) {
					return
				}
			}
		}
	}
}
