package ledger

import (
	"errors"
	"fmt"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/redis/go-redis/v9"
	"pgregory.net/rapid"

	"tollgate.dev/tollgate/hack/cluster/clustertest"
	"tollgate.dev/tollgate/metering/ledger/model"
)

// world is an organization in Redis beside its oracle, under a clock that the
// test moves.
type world struct {
	client redis.UniversalClient
	ledger *Ledger
	plain  *Ledger // reads as from a Cluster
	model  *model.Ledger
	org    string
	now    int64 // ms
	gen    int64
	paths  []string
	users  []string
	ids    []string
	// answers counts what was answered, to show that everything was.
	answers map[string]int
}

// throughPlain is a client that is not known to be of a single server.
type throughPlain struct{ redis.UniversalClient }

const oracleStart = 1_800_000_000 // s

// The calendars of the tests: short windows, longer ones that do not line up
// with them, one that never ends, and one whose boundaries run out.
func oracleCalendars() map[string][]int64 {
	cals := map[string][]int64{
		"total": {0, never},
		"ends":  {oracleStart - 500, oracleStart + 900, oracleStart + 5000},
	}
	for t := int64(oracleStart - 200_000); t < oracleStart+4_000_000; t += 2000 {
		cals["short"] = append(cals["short"], t)
	}
	for t := int64(oracleStart - 200_123); t < oracleStart+4_000_000; t += 7001 {
		cals["long"] = append(cals["long"], t)
	}
	return cals
}

func newWorld(client redis.UniversalClient, org string) *world {
	w := &world{client: client, model: model.New(), org: org, now: oracleStart*1000 + 1}
	w.ledger, w.plain = New(client), New(throughPlain{client})
	w.ledger.clock = func() int64 { return w.now }
	w.plain.clock = w.ledger.clock
	for _, p := range []string{"", ".chat", ".ops", ".chat.eng", ".chat.law", ".ops.sre"} {
		w.paths = append(w.paths, org+p)
	}
	for _, u := range []string{".chat.eng.ann", ".chat.eng.bob", ".chat.law.cid", ".ops.sre.dee"} {
		w.paths = append(w.paths, org+u)
		w.users = append(w.users, org+u)
	}
	w.ids = []string{"request-0"}
	return w
}

// sync fails when Redis and the oracle differ, in what they hold or in what a
// reader sees.
func (w *world) sync(t *rapid.T, tb testing.TB) {
	if d := cmp.Diff(modelState(w.model), redisState(tb, w.client, w.org, w.paths)); d != "" {
		t.Fatalf("state at %d (-oracle +Redis):\n%s", w.now, d)
	}
	paths := make([]Path, len(w.paths))
	want := make([]string, len(w.paths))
	for i, p := range w.paths {
		paths[i] = Path(p)
		want[i] = modelView(w.model.View(w.now, p))
	}
	views, err := w.ledger.Nodes(tb.Context(), w.org, paths)
	if err != nil {
		t.Fatal(err)
	}
	plain, err := w.plain.Nodes(tb.Context(), w.org, paths)
	if d := cmp.Diff(views, plain); err != nil || d != "" {
		t.Fatalf("the two ways to read differ: %v (-raw +plain):\n%s", err, d)
	}
	got := make([]string, len(views))
	for i := range views {
		got[i] = viewText(&views[i])
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Fatalf("views at %d (-oracle +Redis):\n%s", w.now, d)
	}
}

// viewText and modelView write views in the same words.
func viewText(v *NodeView) string {
	terms := func(t *Terms) string {
		if t == nil || t.Calendar == "" {
			return "none"
		}
		lim, err := encodeLimit(*t)
		if err != nil {
			return err.Error()
		}
		return lim + "/" + t.Calendar
	}
	ms := func(t time.Time) int64 {
		if t.IsZero() {
			return 0
		}
		return t.UnixMilli()
	}
	window := "no window"
	var missing *NoWindowError
	if errors.As(v.Err, &missing) {
		window = "window missing"
	} else if v.Err != nil {
		window = v.Err.Error()
	} else if !v.WindowStart.IsZero() {
		end := int64(never)
		if !v.WindowEnd.IsZero() {
			end = v.WindowEnd.Unix()
		}
		window = fmt.Sprintf("[%d,%d)", v.WindowStart.Unix(), end)
	}
	return fmt.Sprintf("applied %t, %s then %s, users %s, %s spent %d held %d, used %d to %d", v.Applied,
		terms(&v.Terms), terms(v.Next), terms(v.DefaultTerms), window, int64(v.Spent), int64(v.Held), ms(v.FirstUse), ms(v.LastUse))
}

func modelView(v model.View) string {
	terms := func(t model.Terms) string {
		if t.Calendar == "" {
			return "none"
		}
		return t.Limit + "/" + t.Calendar
	}
	window := "no window"
	if v.NoWindow {
		window = "window missing"
	} else if v.End != 0 {
		window = fmt.Sprintf("[%d,%d)", v.Start, v.End)
	}
	return fmt.Sprintf("applied %t, %s then %s, users %s, %s spent %d held %d, used %d to %d", v.Applied,
		terms(v.Terms), terms(v.Next), terms(v.User), window, v.Spent, v.Held, v.First, v.Last)
}

// TestOracle runs random sequences of everything against a real Redis and the
// oracle, and compares each answer, each state and each view.
func TestOracle(t *testing.T) {
	t.Parallel()
	r := clustertest.Redis(t)
	client := r.Client()
	defer client.Close()
	var organizations, steps atomic.Int64
	answers := map[string]int{}
	rapid.Check(t, func(rt *rapid.T) {
		w := newWorld(client, fmt.Sprintf("org-%d", organizations.Add(1)))
		w.answers = answers
		w.apply(rt, t)
		actions := map[string]func(*rapid.T){
			"":        func(rt *rapid.T) { steps.Add(1); w.sync(rt, t) },
			"apply":   func(rt *rapid.T) { w.apply(rt, t) },
			"reserve": func(rt *rapid.T) { w.reserve(rt, t) },
			// Reserves and settles are what happens most.
			"reserve again": func(rt *rapid.T) { w.reserve(rt, t) },
			"reserve more":  func(rt *rapid.T) { w.reserve(rt, t) },
			"settle":        func(rt *rapid.T) { w.settle(rt, t) },
			"settle again":  func(rt *rapid.T) { w.settle(rt, t) },
			"record":        func(rt *rapid.T) { w.record(rt, t) },
			"expire":        func(rt *rapid.T) { w.expire(rt, t) },
			"sweep":         func(rt *rapid.T) { w.sweep(rt, t) },
			"clock":         func(rt *rapid.T) { w.moveClock(rt) },
		}
		for range 2 { // long stories: windows close, ids expire, terms change
			rt.Repeat(actions)
		}
	})
	t.Logf("%d steps in %d organizations: %v", steps.Load(), organizations.Load(), answers)
}
