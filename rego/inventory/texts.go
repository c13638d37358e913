package inventory

import (
	"hash/maphash"
	"iter"
	"slices"
)

// A shard of texts holds so many entries on average before the texts are spread
// over so many times more: few, because each write copies a shard, and each
// look-up reads one from its beginning.
const (
	textsShard  = 16
	textsGrowth = 4
)

// texts is a map from texts to texts in which the garbage collector has next to
// nothing to look at: the entries stand in shards, each one text. A shard never
// changes: setting a key makes another one, so that snapshots share the others.
type texts struct {
	frozenTexts
	last *frozenTexts // nil after a write
}

// frozenTexts is a snapshot of texts. It never changes.
type frozenTexts struct {
	seed   maphash.Seed
	shards []string // of key and value in turn
	size   int
}

func newTexts() *texts {
	return &texts{frozenTexts: frozenTexts{seed: maphash.MakeSeed(), shards: make([]string, 1)}}
}

// find returns a key's shard, where in it the entry stands, and its value. Of a
// key that is not there from and to are the shard's end.
func (f *frozenTexts) find(key string) (shard, from, to int, value string, ok bool) {
	shard = shardOf(f.seed, len(f.shards), key)
	text := f.shards[shard]
	for r := (reader{text}); r.more(); {
		from = len(text) - len(r.rest)
		k, v := r.text(), r.text()
		if k == key {
			return shard, from, len(text) - len(r.rest), v, true
		}
	}
	return shard, len(text), len(text), "", false
}

// get returns the value of a key. It is part of a shard and keeps the shard in
// memory: for longer than a review it has to be cloned.
func (f *frozenTexts) get(key string) (value string, ok bool) {
	_, _, _, value, ok = f.find(key)
	return value, ok
}

func (f *frozenTexts) all() iter.Seq2[string, string] {
	return func(yield func(key, value string) bool) {
		for _, shard := range f.shards {
			for r := (reader{shard}); r.more(); {
				if !yield(r.text(), r.text()) {
					return
				}
			}
		}
	}
}

func (t *texts) set(key, value string) {
	shard, from, to, before, ok := t.find(key)
	if ok && before == value {
		return
	}
	t.replace(shard, from, to, appendText(appendText(nil, key), value))
	if !ok {
		t.size++
	}
	if t.size > textsShard*len(t.shards) {
		t.spread()
	}
}

func (t *texts) remove(key string) {
	if shard, from, to, _, ok := t.find(key); ok {
		t.replace(shard, from, to, nil)
		t.size--
	}
}

func (t *texts) replace(shard, from, to int, by []byte) {
	if t.last != nil {
		t.shards, t.last = slices.Clone(t.shards), nil
	}
	was := t.shards[shard]
	now := make([]byte, 0, len(was)-(to-from)+len(by))
	now = append(append(append(now, was[:from]...), by...), was[to:]...)
	t.shards[shard] = string(now)
}

func (t *texts) spread() {
	shards := make([][]byte, len(t.shards)*textsGrowth)
	for key, value := range t.all() {
		i := shardOf(t.seed, len(shards), key)
		shards[i] = appendText(appendText(shards[i], key), value)
	}
	t.shards, t.last = make([]string, len(shards)), nil
	for i, shard := range shards {
		t.shards[i] = string(shard)
	}
}

// freeze returns the texts as they are now. The snapshot is the last one again
// when nothing was written since.
func (t *texts) freeze() *frozenTexts {
	if t.last == nil {
		last := t.frozenTexts
		t.last = &last
	}
	return t.last
}
