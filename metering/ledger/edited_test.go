package ledger

import (
	"context"
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/redis/go-redis/v9"

	"tollgate.dev/tollgate/hack/cluster/clustertest"
	"tollgate.dev/tollgate/metering/money"
)

// TestEditedLimits changes the fields of limits behind the scripts' back while
// windows are open: a view must not show as in force what reserves do not go by,
// writing the limits again must put it right, and nobody else is concerned.
func TestEditedLimits(t *testing.T) {
	t.Parallel()
	r := clustertest.Redis(t)
	client := r.Client()
	defer client.Close()
	l := New(client)
	ann, bob, cid := Path("acme.chat.eng.ann"), Path("acme.chat.eng.bob"), Path("acme.chat.law.cid")
	all := []Path{"acme", "acme.chat", "acme.chat.eng", "acme.chat.law", ann, bob, cid}
	terms := Terms{Limit: 5 * money.Dollar, Enforcement: Block, Calendar: "total"}
	throttle := Terms{Limit: 4 * money.Dollar, Enforcement: Throttle, Calendar: "total"}
	nodes := []NodeTerms{
		{Path: "acme", Terms: terms}, {Path: "acme.chat", Terms: throttle}, {Path: ann, Terms: Terms{Calendar: "total"}},
		{Path: "acme.chat.eng", Terms: terms, Users: &throttle}, {Path: "acme.chat.law", Terms: terms, Users: &terms},
	}
	tests := []struct {
		name         string
		node         Path
		field, value string // the value "" deletes
		// The paths whose views name it.
		seen []Path
	}{
		{name: "nothing"},
		{name: "the same", node: "acme", field: "lim", value: "B5000000000"},
		{name: "a higher limit", node: "acme", field: "lim", value: "B6000000000", seen: []Path{"acme"}},
		{name: "another enforcement", node: "acme.chat", field: "lim", value: "A4000000001", seen: []Path{"acme.chat"}},
		{name: "no limit", node: "acme.chat", field: "lim", value: "-", seen: []Path{"acme.chat"}},
		{name: "a limit that is gone", node: "acme.chat", field: "lim", seen: []Path{"acme.chat"}},
		{name: "a listed user's", node: ann, field: "lim", value: "B0", seen: []Path{ann}},
		{name: "a listed user's that is gone", node: ann, field: "lim", seen: []Path{ann}},
		{name: "a limit for a user who is not listed", node: bob, field: "lim", value: "B1", seen: []Path{bob}},
		{name: "the one that such a user's window keeps", node: bob, field: "wl", value: "B1", seen: []Path{bob}},
		{name: "a group's default", node: "acme.chat.eng", field: "ul", value: "T4000000001", seen: []Path{"acme.chat.eng", bob}},
		{name: "a group's default that is gone", node: "acme.chat.law", field: "ul", seen: []Path{"acme.chat.law", cid}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			ctx := t.Context()
			if err := client.FlushAll(ctx).Err(); err != nil {
				t.Fatal(err)
			}
			total := []Calendar{{ID: "total", Total: true}}
			listed(t, l, "acme", total, nodes...)
			for _, u := range []Path{ann, bob, cid} {
				if _, err := l.Reserve(ctx, Reservation{ID: "request-" + u.Name(), Path: u, Amount: 5, TTL: time.Minute}); err != nil {
					t.Fatal(err)
				}
			}
			key := nodeKey(tt.node)
			var err error
			if tt.value != "" {
				err = client.HSet(ctx, key, tt.field, tt.value, "cal", "total").Err()
			} else if tt.field != "" {
				err = client.HDel(ctx, key, tt.field).Err()
			}
			if err != nil {
				t.Fatal(err)
			}
			seen := func(tellsWhat bool) []Path {
				views, err := l.Nodes(ctx, "acme", all)
				if err != nil {
					t.Fatal(err)
				}
				var paths []Path
				for _, v := range views {
					if v.Err != nil || v.Held == 0 {
						t.Errorf("%s: held %s, %v", v.Path, v.Held, v.Err)
					}
					if v.Edited == nil {
						continue
					}
					paths = append(paths, v.Path)
					var c *CorruptError
					if tellsWhat && (!errors.As(v.Edited, &c) || c.Key != key || c.Field != tt.field) {
						t.Errorf("%s: %v", v.Path, v.Edited)
					}
				}
				return paths
			}
			if d := cmp.Diff(tt.seen, seen(true)); d != "" {
				t.Errorf("whose view names it (-want +got):\n%s", d)
			}
			generation, err := l.NextGeneration(ctx, "acme")
			if err != nil {
				t.Fatal(err)
			}
			again := Application{Generation: generation, Calendars: total, Nodes: nodes, Removed: []Path{bob, cid}}
			if err := l.Apply(ctx, "acme", again); err != nil {
				t.Fatal(err)
			}
			// What the window of a user who is not listed keeps, it keeps to its end.
			if got := seen(false); tt.field != "wl" && len(got) > 0 {
				t.Errorf("still after the limits were written again: %v", got)
			}
		})
	}
}

// applying changes a limit's field before the first pipeline and back after it,
// as an application between the reads of a window and of its node does.
type applying struct {
	trips
	reads  int
	change func(limit string)
}

func (a *applying) ProcessPipelineHook(next redis.ProcessPipelineHook) redis.ProcessPipelineHook {
	return func(ctx context.Context, cmds []redis.Cmder) error {
		// Connecting takes pipelines of its own.
		if slices.ContainsFunc(cmds, func(c redis.Cmder) bool { return c.Name() == "hmget" }) {
			if a.reads++; a.reads == 1 {
				a.change("B6000000000")
				defer a.change("B5000000000")
			}
		}
		return next(ctx, cmds)
	}
}

// TestApplicationsWhileReading has a node whose field and window differ in one
// reading only, because limits are written meanwhile: nobody edited it.
func TestApplicationsWhileReading(t *testing.T) {
	t.Parallel()
	r := clustertest.Redis(t)
	direct, client := r.Client(), r.Client()
	defer direct.Close()
	defer client.Close()
	user := Path("acme.chat.eng.ann")
	var nodes []NodeTerms
	for _, p := range user.ancestors() {
		nodes = append(nodes, NodeTerms{Path: p, Terms: Terms{Limit: 5 * money.Dollar, Enforcement: Block, Calendar: "total"}})
	}
	l := New(direct)
	listed(t, l, "acme", []Calendar{{ID: "total", Total: true}}, nodes...)
	if _, err := l.Reserve(t.Context(), Reservation{ID: "request-1", Path: user, Amount: 5, TTL: time.Minute}); err != nil {
		t.Fatal(err)
	}
	hook := &applying{change: func(limit string) {
		if err := direct.HSet(t.Context(), nodeKey("acme.chat"), "lim", limit).Err(); err != nil {
			t.Error(err)
		}
	}}
	client.AddHook(hook)
	views, err := New(client).Nodes(t.Context(), "acme", []Path{"acme", "acme.chat", "acme.chat.eng", user})
	if err != nil {
		t.Fatal(err)
	}
	for _, v := range views {
		if v.Err != nil || v.Edited != nil || v.Limit != 5*money.Dollar || v.Held != 5 {
			t.Errorf("%s: limit %s, held %s, %v, %v", v.Path, v.Limit, v.Held, v.Err, v.Edited)
		}
	}
	if hook.reads != 2 {
		t.Errorf("%d round trips, not one and one for what differed", hook.reads)
	}
}
