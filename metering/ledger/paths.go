package ledger

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/redis/go-redis/v9"
)

// Paging of `touched`. A page takes Redis about a third of a millisecond; six
// in one round trip are enough for 10,000 paths.
const (
	pathPage  = 1800
	pathPages = 6
	// pathHead is how many of the newest are read again after the pages; when
	// more moved than that, a page of them.
	pathHead = 200
	// pathTries bounds how often a listing starts over.
	pathTries = 5
)

// Users returns the users of an organization that are listed or have ever
// reserved, sorted by path: one round trip for up to 10,000.
func (l *Ledger) Users(ctx context.Context, org string) ([]Path, error) {
	paths, err := l.Paths(ctx, org)
	if err != nil {
		return nil, err
	}
	return slices.DeleteFunc(paths, func(p Path) bool { return p.Level() != User }), nil
}

// Paths returns every node that is listed, and every user that has ever
// reserved, sorted: what a controller compares with the specs to find the
// nodes that are to be removed.
func (l *Ledger) Paths(ctx context.Context, org string) ([]Path, error) {
	start := time.Now()
	paths, err := l.paths(ctx, org)
	if err != nil {
		l.observe("paths", "error", start)
		return nil, fmt.Errorf("listing the budgets of %s in Redis: %w", org, err)
	}
	l.observe("paths", "ok", start)
	return paths, nil
}

func (l *Ledger) paths(ctx context.Context, org string) ([]Path, error) {
	if err := checkOrg(org); err != nil {
		return nil, err
	}
	head := pathHead
	for range pathTries {
		paths, whole, err := l.walk(ctx, org, head)
		if err != nil {
			return nil, named(err, touchedKey(org))
		}
		if whole {
			slices.Sort(paths)
			return slices.Compact(paths), nil
		}
		head = pathPage
	}
	return nil, fmt.Errorf("it changed too fast, %d times in a row; try again", pathTries)
}

// walk reads `touched` from the newest to the oldest. A use meanwhile moves a
// path to the front, which pushes others back: those are read twice at worst.
// Only the path that moved can be missed; it is found when the front is read
// again at the end. whole is false when more moved than head.
func (l *Ledger) walk(ctx context.Context, org string, head int) (paths []Path, whole bool, err error) {
	key := touchedKey(org)
	var before float64
	for from := int64(0); ; from += pathPage * pathPages {
		pipe := l.client.Pipeline()
		var first *redis.ZSliceCmd
		if from == 0 {
			first = pipe.ZRevRangeWithScores(ctx, key, 0, 0)
		}
		var pages [pathPages]*redis.StringSliceCmd
		for i := range pages {
			at := from + int64(i)*pathPage
			pages[i] = pipe.ZRevRange(ctx, key, at, at+pathPage-1)
		}
		newer := pipe.ZRevRangeWithScores(ctx, key, 0, int64(head-1))
		sameLayout := askLayout(ctx, pipe, org)
		if _, err := pipe.Exec(ctx); err != nil && newer.Err() != nil {
			return nil, false, err // of the organization's node it is nothing to this
		}
		if err := sameLayout(); err != nil {
			return nil, false, err
		}
		if first != nil && len(first.Val()) > 0 {
			// A use after this one may have its millisecond. Of 0 there may be
			// thousands (listed, and never used), but no use.
			before = max(0, first.Val()[0].Score-1)
		}
		for _, page := range pages {
			paths = appendPaths(paths, org, page.Val())
		}
		if len(pages[pathPages-1].Val()) == pathPage {
			continue
		}
		for _, z := range newer.Val() {
			if z.Score <= before {
				return paths, true, nil
			}
			if s, ok := z.Member.(string); ok {
				paths = appendPaths(paths, org, []string{s})
			}
		}
		return paths, len(newer.Val()) < head, nil
	}
}

// appendPaths adds the members that are paths of the organization. Others are
// not the ledger's.
func appendPaths(paths []Path, org string, members []string) []Path {
	paths = slices.Grow(paths, len(members))
	for _, m := range members {
		if p, err := ParsePath(m); err == nil && p.Organization() == org {
			paths = append(paths, p)
		}
	}
	return paths
}
