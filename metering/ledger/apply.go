package ledger

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"time"
)

// applyNodes and applyCalendars are how many of them one script writes: about
// half a millisecond of Redis.
const (
	applyNodes     = 50
	applyCalendars = 4
)

// nodeArgs are the arguments of apply for one node.
const nodeArgs = 6

// NextGeneration begins a new application of an organization and returns its
// generation: every older application is stale from now on. A lost answer only
// skips a number.
func (l *Ledger) NextGeneration(ctx context.Context, org string) (int64, error) {
	if err := checkOrg(org); err != nil {
		return 0, err
	}
	ctx, cancel := l.bounded(ctx)
	defer cancel()
	key := nodeKey(Path(org))
	// Another version's applications are not to become stale by this one.
	found, err := l.client.HMGet(ctx, key, fieldLayout).Result()
	if err == nil {
		err = checkLayout(org, found[0])
	}
	if err != nil {
		return 0, fmt.Errorf("beginning an application of %s: %w", org, named(err, key))
	}
	n, err := l.client.HIncrBy(ctx, key, "gen", 1).Result()
	if err != nil {
		return 0, fmt.Errorf("beginning an application of %s: %w", org, err)
	}
	return n, nil
}

// Generation returns the generation of the newest application of an
// organization that was begun, 0 when there was none. It tells who applied that
// Redis lost what they wrote (it is lower than theirs), or that somebody else
// has begun since (it is higher). The error is a *CorruptError when the field
// does not hold what the ledger wrote.
func (l *Ledger) Generation(ctx context.Context, org string) (int64, error) {
	if err := checkOrg(org); err != nil {
		return 0, err
	}
	ctx, cancel := l.bounded(ctx)
	defer cancel()
	key := nodeKey(Path(org))
	fields, err := l.client.HMGet(ctx, key, "gen", fieldLayout).Result()
	if err == nil {
		err = checkLayout(org, fields[1])
	}
	if err != nil {
		return 0, fmt.Errorf("reading the generation of %s: %w", org, named(err, key))
	}
	text, ok := fields[0].(string)
	if !ok {
		return 0, nil
	}
	n, err := strconv.ParseInt(text, 10, 64)
	if err != nil || n < 0 {
		return 0, fmt.Errorf("reading the generation of %s: %w", org, corruptField(key, "gen"))
	}
	return n, nil
}

// Apply writes limits and calendars, in chunks; each chunk is atomic, and the
// whole may be repeated with the same generation. See Application for when a
// change is in force.
//
// Errors: *StaleError, *LayoutError, ErrResetTooSoon (the chunk with the reset
// was not written), ErrBad, ErrPath, *CorruptError.
func (l *Ledger) Apply(ctx context.Context, org string, a Application) error {
	start := time.Now()
	outcome, err := l.apply(ctx, org, a)
	l.observe("apply", outcome, start)
	if err != nil {
		return fmt.Errorf("applying generation %d of %s: %w", a.Generation, org, err)
	}
	return nil
}

func (l *Ledger) apply(ctx context.Context, org string, a Application) (string, error) {
	if err := checkOrg(org); err != nil {
		return "bad", err
	}
	if a.Generation < 1 {
		return "bad", fmt.Errorf("generation %d is not positive: %w", a.Generation, ErrBad)
	}
	nodes, err := a.nodes(org)
	if err != nil {
		return "bad", err
	}
	var calendars []any
	for _, c := range a.Calendars {
		bounds, err := c.encode()
		if err != nil {
			return "bad", err
		}
		calendars = append(calendars, c.ID, bounds)
	}
	// The calendars first: the nodes' windows need them.
	for len(calendars) > 0 {
		n := min(2*applyCalendars, len(calendars))
		if outcome, err := l.applyChunk(ctx, org, a.Generation, calendars[:n], nil); err != nil {
			return outcome, err
		}
		calendars = calendars[n:]
	}
	for first := true; first || len(nodes) > 0; first = false {
		n := min(applyNodes, len(nodes))
		if outcome, err := l.applyChunk(ctx, org, a.Generation, nil, nodes[:n]); err != nil {
			return outcome, err
		}
		nodes = nodes[n:]
	}
	for dropped := range slices.Chunk(a.Dropped, 10*applyCalendars) {
		args := make([]any, 0, 2*len(dropped))
		for _, id := range dropped {
			args = append(args, id, "")
		}
		if outcome, err := l.applyChunk(ctx, org, a.Generation, args, nil); err != nil {
			return outcome, err
		}
	}
	return "ok", nil
}

// applyChunk calls the script once.
func (l *Ledger) applyChunk(ctx context.Context, org string, generation int64, calendars []any, nodes []nodeWrite) (string, error) {
	keys := make([]string, 0, 5+len(nodes))
	keys = append(keys, nodeKey(Path(org)), openKey(org), dueKey(org), calKey(org), touchedKey(org))
	args := make([]any, 0, 3+len(calendars)+nodeArgs*len(nodes))
	args = append(append(args, generation, len(calendars)/2), calendars...)
	for _, n := range nodes {
		keys = append(keys, nodeKey(n.path))
		args = append(args, string(n.path), n.verb, n.limit, n.calendar, n.reset, n.users)
	}
	answer, err := l.run(ctx, l.scripts.apply, keys, args...)
	if err != nil {
		return "error", err
	}
	r := answerReader{answer: answer}
	if word := r.word(); word != "ok" {
		err := r.refusal(word, "")
		var other *LayoutError
		if errors.As(err, &other) {
			other.Organization = org
		}
		return word, err
	}
	return "ok", nil
}

// nodeWrite is what one call of apply does to one node, as the script wants it.
type nodeWrite struct {
	path                                Path
	verb, limit, calendar, reset, users string
}

// nodes checks an application and returns its writes, one per node.
func (a Application) nodes(org string) ([]nodeWrite, error) {
	known := make(map[string]bool, len(a.Calendars))
	for _, c := range a.Calendars {
		if known[c.ID] {
			return nil, fmt.Errorf("calendar %q is listed twice: %w", c.ID, ErrBad)
		}
		known[c.ID] = true
	}
	for _, id := range a.Dropped {
		if known[id] {
			return nil, fmt.Errorf("calendar %q is written and dropped: %w", id, ErrBad)
		}
	}
	writes := make([]nodeWrite, 0, len(a.Nodes)+len(a.Removed)+len(a.Resets))
	index := make(map[Path]int, cap(writes))
	add := func(w nodeWrite) error {
		if _, err := ParsePath(string(w.path)); err != nil {
			return err
		}
		if w.path.Organization() != org {
			return fmt.Errorf("%q is no node of %s: %w", w.path, org, ErrPath)
		}
		if _, ok := index[w.path]; ok {
			return fmt.Errorf("%q is named twice: %w", w.path, ErrBad)
		}
		index[w.path] = len(writes)
		writes = append(writes, w)
		return nil
	}
	for _, n := range a.Nodes {
		w, err := n.write(known)
		if err == nil {
			err = add(w)
		}
		if err != nil {
			return nil, fmt.Errorf("node %q: %w", n.Path, err)
		}
	}
	for _, p := range a.Removed {
		if err := add(nodeWrite{path: p, verb: "remove"}); err != nil {
			return nil, fmt.Errorf("removed node %q: %w", p, err)
		}
	}
	for _, r := range a.Resets {
		if _, ok := index[r.Path]; !ok {
			if err := add(nodeWrite{path: r.Path, verb: "keep"}); err != nil {
				return nil, fmt.Errorf("reset of %q: %w", r.Path, err)
			}
		}
		w := &writes[index[r.Path]]
		if w.reset != "" {
			return nil, fmt.Errorf("reset of %q is listed twice: %w", r.Path, ErrBad)
		}
		if s := r.Window.Unix(); s < 0 || s >= never {
			return nil, fmt.Errorf("reset of %q: window %s: %w", r.Path, r.Window, ErrBad)
		}
		w.reset = strconv.FormatInt(r.Window.Unix(), 10)
	}
	return writes, nil
}

func (n NodeTerms) write(calendars map[string]bool) (nodeWrite, error) {
	w := nodeWrite{path: n.Path, verb: "set", calendar: n.Terms.Calendar}
	var err error
	if w.limit, err = encodeLimit(n.Terms); err != nil {
		return nodeWrite{}, err
	}
	if !calendars[n.Terms.Calendar] {
		return nodeWrite{}, fmt.Errorf("calendar %q is not among the application's: %w", n.Terms.Calendar, ErrBad)
	}
	if n.Users == nil {
		return w, nil
	}
	if n.Path.Level() != Group {
		return nodeWrite{}, fmt.Errorf("terms of unlisted users on a %s: %w", n.Path.Level(), ErrBad)
	}
	limit, err := encodeLimit(*n.Users)
	if err != nil {
		return nodeWrite{}, err
	}
	if !calendars[n.Users.Calendar] {
		return nodeWrite{}, fmt.Errorf("calendar %q is not among the application's: %w", n.Users.Calendar, ErrBad)
	}
	w.users = limit + " " + n.Users.Calendar
	return w, nil
}
