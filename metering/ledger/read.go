package ledger

import (
	"context"
	"fmt"
	"time"

	"github.com/redis/go-redis/v9"
)

// The fields of a node that a view needs, in the order in which they are read.
const (
	fieldLim = iota
	fieldCal
	fieldNl
	fieldNc
	fieldWl
	fieldWc
	fieldW
	fieldT0
	fieldUl // groups only
	fieldUc
	fieldCount
)

// fieldNames returns their names.
func fieldNames() [fieldCount]string {
	return [fieldCount]string{"lim", "cal", "nl", "nc", "wl", "wc", "w", "t0", "ul", "uc"}
}

// nodeFields are the fields of one node; nil strings are absent. err is a
// *CorruptError when the key is of the wrong type.
type nodeFields struct {
	value   [fieldCount]string
	present [fieldCount]bool
	err     error
}

// Nodes reads the nodes of one organization in one pipelined round trip and
// returns one view per path, in the order of paths. A path that Redis has
// never seen has a view too, with Applied false and no use. The error is that
// of the round trip, or of a path of another organization.
func (l *Ledger) Nodes(ctx context.Context, org string, paths []Path) ([]NodeView, error) {
	start := time.Now()
	views, err := l.nodes(ctx, org, paths)
	if err != nil {
		l.observe("nodes", "error", start)
		return nil, fmt.Errorf("reading %d budgets of %s from Redis: %w", len(paths), org, err)
	}
	l.observe("nodes", "ok", start)
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
	views := make([]NodeView, len(paths))
	for i, p := range paths {
		var group *nodeFields
		if p.Level() == User {
			group = &r.nodes[groups[p.Parent()]]
		}
		views[i].Path = p
		r.view(&views[i], &r.nodes[i], group)
	}
	return views, nil
}

func has[K comparable, V any](m map[K]V, k K) bool {
	_, ok := m[k]
	return ok
}

// reading is what one round trip brought.
type reading struct {
	org       string
	now       int64 // seconds
	calendars map[string]calendar
	calErr    error // the key of the calendars is of the wrong type
	nodes     []nodeFields
}

// read fetches the server's clock, the calendars and the nodes.
func (l *Ledger) read(ctx context.Context, org string, paths []Path) (*reading, error) {
	pipe := l.client.Pipeline()
	now := l.now(ctx, pipe, org)
	cal := pipe.HGetAll(ctx, calKey(org))
	cmds := make([]*redis.SliceCmd, len(paths))
	names := fieldNames()
	for i, p := range paths {
		n := int(fieldCount)
		if p.Level() != Group {
			n = fieldUl
		}
		cmds[i] = pipe.HMGet(ctx, nodeKey(p), names[:n]...)
	}
	if _, err := pipe.Exec(ctx); err != nil && !redis.HasErrorPrefix(err, "WRONGTYPE") {
		return nil, err
	}
	r := &reading{org: org, nodes: make([]nodeFields, len(paths))}
	ms, err := now()
	if err != nil {
		return nil, err
	}
	r.now = ms / 1000
	if r.calErr, err = keyError(cal.Err(), calKey(org)); err != nil {
		return nil, err
	}
	r.calendars = make(map[string]calendar, len(cal.Val()))
	for id, b := range cal.Val() {
		if id != sentinel {
			r.calendars[id] = newCalendar(org, id, boundaries(b))
		}
	}
	for i, cmd := range cmds {
		f := &r.nodes[i]
		if f.err, err = keyError(cmd.Err(), nodeKey(paths[i])); err != nil {
			return nil, err
		}
		for j, v := range cmd.Val() {
			f.value[j], f.present[j] = v.(string)
		}
	}
	return r, nil
}

// keyError tells a key of the wrong type, which concerns one node, from
// errors that concern the round trip.
func keyError(err error, key string) (corrupt, other error) {
	if err != nil && redis.HasErrorPrefix(err, "WRONGTYPE") {
		return &CorruptError{Key: key, Reason: reasonType}, nil
	}
	return nil, err
}
