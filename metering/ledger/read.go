package ledger

import (
	"context"
	"fmt"
	"time"
)

// The fields of a node that a view needs, in the order in which they are read.
const (
	fieldLim = iota
	fieldCal
	fieldNl
	fieldNc
	fieldWl
	fieldWc
	fieldT0
	fieldUl // groups only
	fieldUc
	fieldCount
)

// fieldNames returns their names.
func fieldNames() [fieldCount]string {
	return [fieldCount]string{"lim", "cal", "nl", "nc", "wl", "wc", "t0", "ul", "uc"}
}

// nodeFields are the fields of one node, those that are present, and its window,
// "" when there is none. err is a *CorruptError when the node's key is of the
// wrong type, windowErr when that of all windows is.
type nodeFields struct {
	value          [fieldCount]string
	present        [fieldCount]bool
	window         string
	used           bool // there is a window
	err, windowErr error
}

// Nodes reads the nodes of one organization in one pipelined round trip for each
// thousand, and returns one view per path, in the order of paths. A path that Redis has
// never seen has a view too, with Applied false and no use. The error is that
// of the round trip, or of a path of another organization.
func (l *Ledger) Nodes(ctx context.Context, org string, paths []Path) ([]NodeView, error) {
	start := time.Now()
	views, err := l.twice(ctx, org, paths)
	if err != nil {
		l.observe("nodes", "error", start)
		return nil, fmt.Errorf("reading %d budgets of %s from Redis: %w", len(paths), org, err)
	}
	l.observe("nodes", "ok", start)
	return views, nil
}

// twice reads again what looks edited. A node's window and its fields are read one
// after the other, so an application in between makes them differ; that it
// happens again at once is not to be expected of so few.
func (l *Ledger) twice(ctx context.Context, org string, paths []Path) ([]NodeView, error) {
	views, err := l.nodes(ctx, org, paths)
	if err != nil {
		return nil, err
	}
	var edited []Path
	var at []int
	for i := range views {
		if views[i].Edited != nil {
			edited, at = append(edited, paths[i]), append(at, i)
		}
	}
	if len(edited) == 0 {
		return views, nil
	}
	again, err := l.nodes(ctx, org, edited)
	if err != nil {
		return nil, err
	}
	for i, v := range again {
		views[at[i]] = v
	}
	return views, nil
}

func (l *Ledger) nodes(ctx context.Context, org string, paths []Path) ([]NodeView, error) {
	if err := checkOrg(org); err != nil {
		return nil, err
	}
	// The groups of users come along: an unlisted user lives on their terms.
	all := paths[:len(paths):len(paths)]
	groups := make(map[Path]int)
	for i, p := range paths {
		if _, err := ParsePath(string(p)); err != nil {
			return nil, err
		}
		if p.Organization() != org {
			return nil, fmt.Errorf("%q is no node of %s: %w", p, org, ErrPath)
		}
		if p.Level() == Group {
			groups[p] = i
		}
	}
	for _, p := range paths {
		if p.Level() != User {
			continue
		}
		if g := p.Parent(); !has(groups, g) {
			groups[g] = len(all)
			all = append(all, g)
		}
	}
	r, err := l.read(ctx, org, all)
	if err != nil {
		return nil, err
	}
	groupFields := make(map[Path]*nodeFields, len(groups))
	for g, i := range groups {
		f := new(nodeFields)
		r.fields(i, f)
		groupFields[g] = f
	}
	views := make([]NodeView, len(paths))
	var f nodeFields
	for i, p := range paths {
		r.fields(i, &f)
		views[i].Path = p
		var group *nodeFields
		if p.Level() == User {
			group = groupFields[p.Parent()]
		}
		r.view(&views[i], &f, group)
	}
	return views, nil
}

func has[K comparable, V any](m map[K]V, k K) bool {
	_, ok := m[k]
	return ok
}
