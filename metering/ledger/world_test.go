package ledger

import (
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"tollgate.dev/tollgate/metering/ledger/model"
	"tollgate.dev/tollgate/metering/money"
)

// call runs a script once or, when its answer got lost, twice, and does the
// same with the oracle.
func (w *world) call(rt *rapid.T, tb testing.TB, s *script, keys []string, oracle func() model.Answer, args ...any) {
	for range rapid.SampledFrom([]int{1, 1, 1, 2, 3}).Draw(rt, "times") {
		got, err := w.ledger.run(tb.Context(), s, keys, args...)
		if err != nil {
			rt.Fatalf("%s %v: %v", s.name, args, err)
		}
		w.answers[fmt.Sprint(s.name, " ", got[0])]++
		if d := cmp.Diff([]any(oracle()), readable(tb, got)); d != "" {
			rt.Fatalf("%s %v at %d (-oracle +Redis):\n%s", s.name, args, w.now, d)
		}
	}
}

// readable unpacks a grant, by a reader of its own.
func readable(tb testing.TB, answer []any) []any {
	tb.Helper()
	if answer[0] != "granted" {
		return answer
	}
	all := []any{"granted"}
	for _, d := range doubles(tb, answer[1].(string), 10) {
		all = append(all, int64(d))
	}
	return all
}

func (w *world) user(rt *rapid.T) string { return rapid.SampledFrom(w.users).Draw(rt, "user") }

// newID is a fresh id mostly, and id one that was used, best one that is held.
func (w *world) newID(rt *rapid.T) string {
	if rapid.IntRange(0, 4).Draw(rt, "repeat") == 0 {
		return w.id(rt)
	}
	w.ids = append(w.ids, fmt.Sprintf("request-%d", len(w.ids)))
	return w.ids[len(w.ids)-1]
}

func (w *world) id(rt *rapid.T) string {
	var held []string
	for _, id := range w.ids {
		if h := w.model.Holds[id]; h != nil && h.Path != "" {
			held = append(held, id)
		}
	}
	if len(held) > 0 && rapid.IntRange(0, 3).Draw(rt, "held") > 0 {
		return rapid.SampledFrom(held).Draw(rt, "id")
	}
	return rapid.SampledFrom(w.ids).Draw(rt, "id")
}

// amounts are small, around the limits, and where doubles are about to end.
func amounts() *rapid.Generator[int64] {
	const dollar = int64(money.Dollar)
	return rapid.OneOf(
		rapid.Int64Range(1, 3),
		rapid.Int64Range(1, 1000),
		rapid.Int64Range(1, 5*dollar),
		rapid.Int64Range(1, 900*dollar),
		rapid.Int64Range(1, 900*dollar),
		rapid.SampledFrom([]int64{100_000*dollar - 1, 100_000 * dollar, 100_000*dollar + 1, 999_999_999_999, 1_000_000_000_000, 1_000_000_000_001}),
		rapid.Int64Range(100_000*dollar, 9_000_000*dollar),
		rapid.SampledFrom([]int64{9_000_000*dollar - 1, 9_000_000 * dollar}),
	)
}

func limits() *rapid.Generator[string] {
	return rapid.Custom(func(rt *rapid.T) string {
		if rapid.IntRange(0, 2).Draw(rt, "unlimited") == 0 {
			return "-"
		}
		kind := rapid.SampledFrom([]string{"B", "B", "B", "A", "T"}).Draw(rt, "kind")
		amount := rapid.OneOf(
			rapid.Just(int64(0)), amounts(), rapid.Int64Range(1, 5000),
			rapid.Just(int64(money.MaxLimit)), rapid.Just(int64(money.MaxLimit)-1), rapid.Just(int64(money.MaxLimit)),
			rapid.Just(int64(money.MaxLimit)), rapid.Just(int64(money.MaxLimit)), rapid.Just(int64(money.MaxLimit)),
		).Draw(rt, "limit")
		return fmt.Sprint(kind, amount)
	})
}

func (w *world) reserve(rt *rapid.T, tb testing.TB) {
	id, user := w.newID(rt), w.user(rt)
	amount := amounts().Draw(rt, "amount")
	ttl := rapid.SampledFrom([]int64{1, 1000, 60_000, 600_000}).Draw(rt, "ttl")
	w.call(rt, tb, w.ledger.scripts.reserve, eightKeys(Path(user)), func() model.Answer {
		return w.model.Reserve(w.now, id, amount, ttl, user)
	}, id, amount, ttl)
}

func (w *world) settle(rt *rapid.T, tb testing.TB) {
	id, user := w.id(rt), w.user(rt)
	if h := w.model.Holds[id]; h != nil && h.Path != "" && rapid.IntRange(0, 9).Draw(rt, "own path") > 0 {
		user = h.Path
	}
	actual := rapid.OneOf(rapid.Just(int64(0)), amounts()).Draw(rt, "actual")
	w.call(rt, tb, w.ledger.scripts.settle, fiveKeys(Path(user)), func() model.Answer {
		return w.model.Settle(w.now, id, actual, user)
	}, id, actual)
}

func (w *world) record(rt *rapid.T, tb testing.TB) {
	id, user := w.newID(rt), w.user(rt)
	actual := rapid.OneOf(rapid.Just(int64(0)), amounts()).Draw(rt, "actual")
	keep := rapid.SampledFrom([]int64{1, 60_000}).Draw(rt, "keep")
	w.call(rt, tb, w.ledger.scripts.record, eightKeys(Path(user)), func() model.Answer {
		return w.model.Record(w.now, id, actual, keep, user)
	}, id, actual, keep)
}

func (w *world) expire(rt *rapid.T, tb testing.TB) {
	id, path := w.id(rt), ""
	root := nodeKey(Path(w.org))
	keys := []string{root, root, root, root, openKey(w.org), dueKey(w.org)}
	if h := w.model.Holds[id]; h != nil && h.Path != "" {
		path = h.Path
		if rapid.IntRange(0, 9).Draw(rt, "other path") == 0 {
			path = w.user(rt)
		}
		keys = sixKeys(Path(path))
	}
	w.call(rt, tb, w.ledger.scripts.expire, keys, func() model.Answer {
		return w.model.Expire(w.now, id, path)
	}, id)
}

func (w *world) sweep(rt *rapid.T, tb testing.TB) {
	got, err := w.ledger.Sweep(tb.Context(), w.org)
	if err != nil {
		rt.Fatal(err)
	}
	var want Swept
	for again := true; again; {
		again = false
		for id, at := range w.model.Due {
			if at > w.now {
				continue
			}
			path := ""
			if h := w.model.Holds[id]; h != nil {
				path = h.Path
			}
			switch w.model.Expire(w.now, id, path)[0] {
			case "early":
				// A settlement that is remembered for longer than its hold was.
				w.model.Due[id] = w.model.Holds[id].Until
			case "expired":
				want.Expired++
				again = true
			case "forgotten":
				want.Forgotten++
				again = true
			}
		}
	}
	if d := cmp.Diff(want, got); d != "" {
		rt.Fatalf("sweep at %d (-oracle +Redis):\n%s", w.now, d)
	}
}

// moveClock goes forward mostly, by little, to the end of a node's window, or
// far, and sometimes back.
func (w *world) moveClock(rt *rapid.T) {
	if rapid.IntRange(0, 2).Draw(rt, "to an end") == 0 {
		n := w.model.Nodes[rapid.SampledFrom(w.paths).Draw(rt, "of")]
		if n != nil && n.Open != nil && n.Open.End*1000 > w.now && n.Open.End != never {
			w.now = n.Open.End*1000 - rapid.Int64Range(0, 1).Draw(rt, "early")
		}
		return
	}
	w.now += rapid.OneOf(
		rapid.Int64Range(0, 2000),
		rapid.Int64Range(20_000, 60_000),
		rapid.Int64Range(0, 600_000),
		rapid.Int64Range(0, 8_000_000),
		rapid.SampledFrom([]int64{1, 999, 1000, 60_000, 600_000, 1_200_000, 2_000_000}),
		rapid.Int64Range(-3_000_000, 0),
	).Draw(rt, "clock")
	if w.now < oracleStart*1000 {
		w.now = oracleStart * 1000
	}
}
