package ledger

import (
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"tollgate.dev/tollgate/hack/cluster/clustertest"
	"tollgate.dev/tollgate/metering/ledger/model"
	"tollgate.dev/tollgate/metering/money"
)

// TestStories tells, step by step, what random sequences seldom reach. Each
// step runs against Redis and the oracle; `want` is the answer's first word.
func TestStories(t *testing.T) {
	t.Parallel()
	r := clustertest.Redis(t)
	client := r.Client()
	defer client.Close()
	const id, dollar = "request-1", int64(money.Dollar)
	type step struct {
		after int64 // seconds that pass before
		do    string
		id    string
		n     int64
		ttl   int64 // ms
		want  string
	}
	tests := []struct {
		name  string
		limit string
		cal   string
		steps []step
	}{
		{"a settle repeats", "B1000000000", "short", []step{
			{0, "reserve", id, 10, 60_000, "granted"}, {1, "settle", id, 7, 0, "settled"}, {1, "settle", id, 9, 0, "settled"},
			{1, "record", id, 9, 0, "dup"}, {1, "reserve", id, 10, 60_000, "used"}, {57, "expire", id, 0, 0, "early"},
			{59, "settle", id, 8, 0, "settled"}, {1, "expire", id, 0, 0, "forgotten"}, {0, "settle", id, 7, 0, "gone"},
		}},
		{"an expired hold is settled, and that is remembered", "B1000000000", "short", []step{
			{0, "reserve", id, 10, 1000, "granted"}, {1, "expire", id, 0, 0, "expired"}, {1, "settle", id, 4, 0, "settled"},
			{58, "expire", id, 0, 0, "early"}, {0, "settle", id, 4, 0, "settled"}, {1, "expire", id, 0, 0, "forgotten"},
		}},
		{"a settle after the deadline, before any sweep", "B1000000000", "short", []step{
			{0, "reserve", id, 10, 1000, "granted"}, {100, "settle", id, 4, 0, "settled"}, {0, "settle", id, 5, 0, "settled"},
			{0, "expire", id, 0, 0, "forgotten"}, {0, "settle", id, 4, 0, "gone"},
		}},
		{"a record is remembered as long as it asks", "B1000000000", "short", []step{
			{0, "record", id, 10, 0, "recorded"}, {59, "expire", id, 0, 0, "early"}, {0, "record", id, 10, 0, "dup"},
			{1, "expire", id, 0, 0, "forgotten"},
		}},
		{"a late settle corrects an expired hold", "B1000000000", "short", []step{
			{0, "reserve", id, 10, 1000, "granted"}, {0, "expire", id, 0, 0, "early"}, {1, "expire", id, 0, 0, "expired"},
			{0, "expire", id, 0, 0, "early"}, {1, "record", id, 4, 0, "held"}, {590, "settle", id, 4, 0, "settled"},
		}},
		{"an expired hold is final ten minutes after its deadline", "B1000000000", "short", []step{
			{0, "reserve", id, 10, 1000, "granted"}, {5, "expire", id, 0, 0, "expired"}, {596, "settle", id, 4, 0, "gone"},
			{0, "expire", id, 0, 0, "forgotten"},
		}},
		{"a sweep that comes an hour late", "B1000000000", "short", []step{
			{0, "reserve", id, 10, 1000, "granted"}, {3600, "expire", id, 0, 0, "expired"}, {0, "expire", id, 0, 0, "gone"},
		}},
		{"a settle in a window that was trimmed, the clock being back", "-", "short", []step{
			{0, "reserve", id, 5 * dollar, 600_000, "granted"}, {600, "expire", id, 0, 0, "expired"},
			{9000, "reserve", "request-2", 1, 1000, "granted"}, {-9000, "settle", id, 2*dollar + 1, 0, "settled"},
		}},
		{"a trimmed window grows past a limb, the clock being back", "-", "short", []step{
			{0, "reserve", id, 1, 600_000, "granted"}, {600, "expire", id, 0, 0, "expired"},
			{9000, "reserve", "request-2", 1, 1000, "granted"}, {-9000, "settle", id, 9_000_000 * dollar, 0, "settled"},
		}},
		{"a settle in a closed window", "B1000000000", "short", []step{
			{0, "reserve", id, 10, 600_000, "granted"}, {1999, "reserve", "request-2", 20, 600_000, "granted"},
			{1, "settle", id, 4, 0, "settled"}, {1, "settle", "request-2", 30, 0, "settled"},
		}},
		{"the clock goes far ahead and comes back", "B30", "short", []step{
			{0, "reserve", id, 10, 600_000, "granted"}, {1_000_000, "reserve", "request-2", 20, 600_000, "granted"},
			{-1_000_000, "reserve", "request-3", 20, 600_000, "refused"}, {0, "reserve", "request-4", 10, 600_000, "granted"},
			{1, "settle", id, 10, 0, "settled"},
		}},
		{"sums beyond 2^53 without a limit", "-", "total", []step{
			{0, "record", "request-1", 9_000_000*dollar - 1, 0, "recorded"}, {0, "record", "request-2", 9_000_000 * dollar, 0, "recorded"},
			{0, "record", "request-3", 1, 0, "recorded"}, {0, "record", "request-4", 9_000_000*dollar - 1, 0, "recorded"},
			{0, "reserve", "request-5", 9_000_000 * dollar, 1000, "granted"}, {0, "reserve", "request-6", 1, 1000, "toomuch"},
			{1, "settle", "request-5", 8_999_999*dollar + 1, 0, "settled"}, {0, "reserve", "request-7", 3, 1000, "granted"},
		}},
		{"boundaries run out", "B1000000000", "ends", []step{
			{0, "reserve", id, 10, 600_000, "granted"}, {5000, "reserve", "request-2", 20, 600_000, "nowindow"},
			{0, "record", "request-3", 20, 600_000, "nowindow"}, {0, "settle", id, 4, 0, "settled"},
		}},
	}
	for i, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			w := newWorld(client, fmt.Sprintf("story-%d", i))
			user := w.users[0]
			cals := oracleCalendars()
			var writes []model.Write
			app := Application{Generation: 1}
			for id, b := range cals {
				c := Calendar{ID: id, Total: id == "total"}
				for _, s := range b {
					if !c.Total {
						c.Boundaries = append(c.Boundaries, time.Unix(s, 0))
					}
				}
				app.Calendars = append(app.Calendars, c)
			}
			e, limit, _ := parseLimit(tt.limit)
			for _, p := range Path(user).ancestors() {
				writes = append(writes, model.Write{Path: string(p), Verb: "set", Terms: model.Terms{Limit: tt.limit, Calendar: tt.cal}})
				app.Nodes = append(app.Nodes, NodeTerms{Path: p, Terms: Terms{Limit: limit, Enforcement: e, Calendar: tt.cal}})
			}
			w.model.Apply(w.now, 1, cals, writes)
			if err := w.ledger.Apply(t.Context(), w.org, app); err != nil {
				t.Fatal(err)
			}
			for n, s := range tt.steps {
				w.now += s.after * 1000
				var got []any
				var err error
				var want model.Answer
				switch ctx, sc := t.Context(), w.ledger.scripts; s.do {
				case "reserve":
					want = w.model.Reserve(w.now, s.id, s.n, s.ttl, user)
					got, err = w.ledger.run(ctx, sc.reserve, eightKeys(Path(user)), s.id, s.n, s.ttl)
				case "record":
					want = w.model.Record(w.now, s.id, s.n, 60_000, user)
					got, err = w.ledger.run(ctx, sc.record, eightKeys(Path(user)), s.id, s.n, 60_000)
				case "settle":
					want = w.model.Settle(w.now, s.id, s.n, user)
					got, err = w.ledger.run(ctx, sc.settle, fiveKeys(Path(user)), s.id, s.n)
				case "expire":
					path := ""
					if h := w.model.Holds[s.id]; h != nil {
						path = h.Path
					}
					want = w.model.Expire(w.now, s.id, path)
					got, err = w.ledger.run(ctx, sc.expire, sixKeys(Path(user)), s.id)
				}
				if err != nil {
					t.Fatalf("step %d: %v", n, err)
				}
				if d := cmp.Diff([]any(want), readable(t, got)); d != "" || want[0] != s.want {
					t.Fatalf("step %d, %v: want %s (-oracle +Redis):\n%s", n, s, s.want, d)
				}
				if d := cmp.Diff(modelState(w.model), redisState(t, client, w.org, w.paths)); d != "" {
					t.Fatalf("step %d, %v (-oracle +Redis):\n%s", n, s, d)
				}
			}
		})
	}
}

// TestLastUses has a group that was last written a minute ago by one user, and
// a user of it who was written since: each level's last use is its own.
func TestLastUses(t *testing.T) {
	t.Parallel()
	r := clustertest.Redis(t)
	client := r.Client()
	defer client.Close()
	w := newWorld(client, "last-uses")
	total := model.Terms{Limit: "B1000", Calendar: "total"}
	app := Application{Generation: 1, Calendars: []Calendar{{ID: "total", Total: true}}}
	var writes []model.Write
	for _, p := range w.paths {
		writes = append(writes, model.Write{Path: p, Verb: "set", Terms: total})
		app.Nodes = append(app.Nodes, NodeTerms{Path: Path(p), Terms: Terms{Limit: 1000, Enforcement: Block, Calendar: "total"}})
	}
	w.model.Apply(w.now, 1, map[string][]int64{"total": {0, never}}, writes)
	if err := w.ledger.Apply(t.Context(), w.org, app); err != nil {
		t.Fatal(err)
	}
	for i, step := range []struct {
		user  int
		after int64 // ms
	}{{0, 0}, {1, 59_000}, {1, 2_000}, {0, 57_999}, {1, 1}, {2, 30_000}, {0, 31_000}, {2, 0}} {
		w.now += step.after
		user, id := w.users[step.user], fmt.Sprintf("request-%d", i)
		want := w.model.Reserve(w.now, id, 1, 60_000, user)
		got, err := w.ledger.run(t.Context(), w.ledger.scripts.reserve, eightKeys(Path(user)), id, 1, 60_000)
		if d := cmp.Diff([]any(want), readable(t, got)); err != nil || d != "" {
			t.Fatalf("step %d: %v (-oracle +Redis):\n%s", i, err, d)
		}
		if d := cmp.Diff(modelState(w.model), redisState(t, client, w.org, w.paths)); d != "" {
			t.Fatalf("step %d (-oracle +Redis):\n%s", i, d)
		}
	}
}

// TestEndsOfOneLevel has windows that end one level after the other, and uses
// each in its last millisecond and in its successor's first.
func TestEndsOfOneLevel(t *testing.T) {
	t.Parallel()
	r := clustertest.Redis(t)
	client := r.Client()
	defer client.Close()
	w := newWorld(client, "ends")
	user := w.users[0]
	cals := map[string][]int64{}
	app := Application{Generation: 1}
	var writes []model.Write
	for i, p := range Path(user).ancestors() {
		id, end := fmt.Sprintf("level-%d", i), oracleStart+100*int64(i+1)
		cals[id] = []int64{oracleStart - 100, end, oracleStart + 10_000}
		app.Calendars = append(app.Calendars, Calendar{ID: id, Boundaries: []time.Time{
			time.Unix(oracleStart-100, 0), time.Unix(end, 0), time.Unix(oracleStart+10_000, 0)}})
		app.Nodes = append(app.Nodes, NodeTerms{Path: p, Terms: Terms{Limit: 1000, Enforcement: Block, Calendar: id}})
		writes = append(writes, model.Write{Path: string(p), Verb: "set", Terms: model.Terms{Limit: "B1000", Calendar: id}})
	}
	w.model.Apply(w.now, 1, cals, writes)
	if err := w.ledger.Apply(t.Context(), w.org, app); err != nil {
		t.Fatal(err)
	}
	for i := range 10 {
		if i > 0 {
			w.now = (oracleStart+100*int64((i+1)/2))*1000 - int64(i%2) // an end, less a millisecond, and the end
		}
		id := fmt.Sprintf("request-%d", i)
		want := w.model.Reserve(w.now, id, 1, 600_000, user)
		got, err := w.ledger.run(t.Context(), w.ledger.scripts.reserve, eightKeys(Path(user)), id, 1, 600_000)
		if d := cmp.Diff([]any(want), readable(t, got)); err != nil || d != "" {
			t.Fatalf("at %d: %v (-oracle +Redis):\n%s", w.now, err, d)
		}
		if d := cmp.Diff(modelState(w.model), redisState(t, client, w.org, w.paths)); d != "" {
			t.Fatalf("at %d (-oracle +Redis):\n%s", w.now, d)
		}
	}
	for i := range 10 {
		id := fmt.Sprintf("request-%d", i)
		want := w.model.Settle(w.now, id, 2, user)
		got, err := w.ledger.run(t.Context(), w.ledger.scripts.settle, fiveKeys(Path(user)), id, 2)
		if d := cmp.Diff([]any(want), readable(t, got)); err != nil || d != "" {
			t.Fatalf("settling %s: %v (-oracle +Redis):\n%s", id, err, d)
		}
		if d := cmp.Diff(modelState(w.model), redisState(t, client, w.org, w.paths)); d != "" {
			t.Fatalf("settling %s (-oracle +Redis):\n%s", id, d)
		}
	}
}
