package usage

import (
	"container/list"
	"sync"
	"time"
)

// owner is whose usage is read. Both parts are in every key, so that nothing of
// one tenant is ever answered to another.
type owner struct{ tenant, organization string }

// pieceKey names a counted piece of time.
type pieceKey struct {
	owner
	since, until int64 // Unix milliseconds
}

func (o owner) piece(s span) pieceKey {
	return pieceKey{o, s.since.UnixMilli(), s.until.UnixMilli()}
}

// cache remembers counted pieces until they are too old to be trusted, and drops
// those that were not used for longest when there are too many rows.
type cache struct {
	maxRows int
	now     func() time.Time

	mu     sync.Mutex
	rows   int
	order  *list.List // of *piece, the most recently used in front
	pieces map[pieceKey]*list.Element
}

type piece struct {
	key     pieceKey
	rows    []Row
	expires time.Time
}

// weight of a piece is its rows, and one for itself.
func (p *piece) weight() int { return len(p.rows) + 1 }

func newCache(maxRows int, now func() time.Time) *cache {
	return &cache{maxRows: maxRows, now: now, order: list.New(), pieces: map[pieceKey]*list.Element{}}
}

// get returns the rows of a piece, which nobody may change.
func (c *cache) get(k pieceKey) ([]Row, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	e, ok := c.pieces[k]
	if !ok {
		return nil, false
	}
	p := e.Value.(*piece)
	if !c.now().Before(p.expires) {
		c.drop(e)
		return nil, false
	}
	c.order.MoveToFront(e)
	return p.rows, true
}

// put remembers the rows of a piece.
func (c *cache) put(k pieceKey, r []Row, keep time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if e, ok := c.pieces[k]; ok {
		c.drop(e)
	}
	p := &piece{key: k, rows: r, expires: c.now().Add(keep)}
	c.pieces[k] = c.order.PushFront(p)
	c.rows += p.weight()
	for c.rows > c.maxRows && c.order.Len() > 0 {
		c.drop(c.order.Back())
	}
}

func (c *cache) drop(e *list.Element) {
	p := c.order.Remove(e).(*piece)
	delete(c.pieces, p.key)
	c.rows -= p.weight()
}
