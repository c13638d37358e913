package ledger

import (
	"context"
	"errors"
	"slices"
	"strings"

	"github.com/redis/go-redis/v9"
)

// reading is what one round trip brought.
type reading struct {
	org       string
	now       int64 // seconds
	calendars map[string]calendar
	calErr    error // the key of the calendars is of the wrong type
	// fields fills in the fields of the i-th node.
	fields func(i int, f *nodeFields)
}

// fetch is a round trip that is being put together.
type fetch struct {
	pipe redis.Pipeliner
	org  string
	keys []string
	now  func() (int64, error)
	// layout returns an error when the ledger is another version's.
	layout func() error
	cal    *redis.MapStringStringCmd
	// windows are the arguments of the HMGETs of all windows (and, last, of the
	// sentinel, because there may be none), args those of one HMGET per node.
	windows [][]any
	args    [][]any
}

// newFetch prepares the server's clock, the calendars and the nodes' commands.
func (l *Ledger) newFetch(ctx context.Context, org string, paths []Path) *fetch {
	f := &fetch{pipe: l.client.Pipeline(), org: org, keys: make([]string, len(paths)), args: make([][]any, len(paths))}
	f.now = l.now(ctx, f.pipe, org)
	f.layout = askLayout(ctx, f.pipe, org)
	f.cal = f.pipe.HGetAll(ctx, calKey(org))
	names := fieldNames()
	fields := make([]any, fieldCount)
	for i := range names {
		fields[i] = names[i]
	}
	// The arguments and the keys of all commands share their memory.
	all := make([]any, 0, len(paths)*(2+fieldCount))
	start, open := prefix(org)+"b:", openKey(org)
	var text strings.Builder
	for _, p := range paths {
		text.WriteString(start)
		text.WriteString(string(p))
	}
	rest := text.String()
	for i, p := range paths {
		n := len(start) + len(p)
		f.keys[i], rest = rest[:n], rest[n:]
		if i%windowsPerCommand == 0 {
			f.windows = append(f.windows, append(make([]any, 0, 3+min(windowsPerCommand, len(paths)-i)), "hmget", open))
		}
		last := len(f.windows) - 1
		f.windows[last] = append(f.windows[last], &f.keys[i])
		wanted := fields
		if p.Level() != Group {
			wanted = fields[:fieldUl]
		}
		first := len(all)
		all = append(all, "hmget", &f.keys[i])
		all = append(all, wanted...)
		f.args[i] = all[first:len(all):len(all)]
	}
	if len(paths) == 0 {
		f.windows = [][]any{{"hmget", open}}
	}
	last := len(f.windows) - 1
	f.windows[last] = append(f.windows[last], sentinel)
	return f
}

// tripNodes is how many nodes one round trip reads. A longer pipeline does not
// hold Redis, which reads a connection in pieces (at most 20 KiB in 7.0, by
// strace; 16 in older ones) and looks who else has sent something after each: some
// 150 nodes, 0.2 ms at 1.2 us a node. But where Redis shares a processor with who
// reserves, 14 ms of work without a pause cost them a turn: all 10,000 at once raise
// the p99 of reserves meanwhile from 2.5 to 3.8 ms (make bench), and Redis keeps the
// answers, about 200 bytes a node, until go-redis reads them, which sends all first.
const tripNodes = 1000

// windowsPerCommand is how many windows one command reads, in a third of a
// millisecond at most.
const windowsPerCommand = 500

// read fetches the server's clock, the calendars and the nodes.
func (l *Ledger) read(ctx context.Context, org string, paths []Path) (*reading, error) {
	first, err := l.trip(ctx, org, paths[:min(tripNodes, len(paths))])
	if err != nil || len(paths) <= tripNodes {
		return first, err
	}
	trips := []*reading{first}
	for part := range slices.Chunk(paths[tripNodes:], tripNodes) {
		r, err := l.trip(ctx, org, part)
		if err != nil {
			return nil, err
		}
		trips = append(trips, r)
	}
	all := *first
	all.fields = func(i int, f *nodeFields) { trips[i/tripNodes].fields(i%tripNodes, f) }
	return &all, nil
}

// trip is one round trip of read.
func (l *Ledger) trip(ctx context.Context, org string, paths []Path) (*reading, error) {
	if _, ok := l.client.(*redis.Client); ok {
		r, err := l.newFetch(ctx, org, paths).raw(ctx)
		if !errors.Is(err, errNotRaw) {
			return r, err
		}
	}
	return l.newFetch(ctx, org, paths).plain(ctx)
}

// plain has go-redis read the answers: it follows a Cluster's redirections and
// retries, but makes some twenty objects per node.
func (f *fetch) plain(ctx context.Context) (*reading, error) {
	windows := make([]*redis.SliceCmd, len(f.windows))
	for i, args := range f.windows {
		windows[i] = redis.NewSliceCmd(ctx, args...)
		if err := f.pipe.Process(ctx, windows[i]); err != nil {
			return nil, err
		}
	}
	cmds := make([]*redis.SliceCmd, len(f.args))
	for i, args := range f.args {
		cmds[i] = redis.NewSliceCmd(ctx, args...)
		if err := f.pipe.Process(ctx, cmds[i]); err != nil {
			return nil, err
		}
	}
	if _, err := f.pipe.Exec(ctx); err != nil && !redis.HasErrorPrefix(err, "WRONGTYPE") {
		return nil, err
	}
	for i, cmd := range cmds {
		if _, err := keyError(cmd.Err(), f.keys[i]); err != nil {
			return nil, err
		}
	}
	var noWindows error
	for _, cmd := range windows {
		corrupt, err := keyError(cmd.Err(), openKey(f.org))
		if err != nil {
			return nil, err
		}
		if corrupt != nil {
			noWindows = corrupt
		}
	}
	return f.reading(func(i int, n *nodeFields) {
		*n = nodeFields{windowErr: noWindows}
		n.err, _ = keyError(cmds[i].Err(), f.keys[i])
		for j, v := range cmds[i].Val() {
			n.value[j], n.present[j] = v.(string)
		}
		if part := windows[i/windowsPerCommand].Val(); part != nil {
			n.window, n.used = part[i%windowsPerCommand].(string)
		}
	})
}

// reading takes the clock and the calendars from the answers.
func (f *fetch) reading(fields func(int, *nodeFields)) (*reading, error) {
	org := f.org
	r := &reading{org: f.org, fields: fields}
	ms, err := f.now()
	if err != nil {
		return nil, err
	}
	r.now = ms / 1000
	if err := f.layout(); err != nil {
		return nil, err
	}
	if r.calErr, err = keyError(f.cal.Err(), calKey(org)); err != nil {
		return nil, err
	}
	r.calendars = make(map[string]calendar, len(f.cal.Val()))
	for id, b := range f.cal.Val() {
		if id != sentinel {
			r.calendars[id] = newCalendar(org, id, boundaries(b))
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
