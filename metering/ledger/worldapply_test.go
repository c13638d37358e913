package ledger

import (
	"errors"
	"testing"
	"time"

	"pgregory.net/rapid"

	"tollgate.dev/tollgate/metering/ledger/model"
)

// apply writes terms, takes nodes away and ends windows.
func (w *world) apply(rt *rapid.T, tb testing.TB) {
	cals := oracleCalendars()
	terms := func(name string) model.Terms {
		return model.Terms{
			Limit:    limits().Draw(rt, name),
			Calendar: rapid.SampledFrom([]string{"short", "short", "short", "long", "long", "long", "total", "total", "ends"}).Draw(rt, name+" calendar"),
		}
	}
	app := Application{}
	first := w.gen == 0
	var writes []model.Write
	resets := false
	for _, p := range w.paths {
		write := model.Write{Path: p, Verb: "keep"}
		what := rapid.IntRange(0, 9).Draw(rt, p)
		listed := Path(p).Level() != User
		switch {
		case (first && listed) || what < 2:
			write.Verb, write.Terms = "set", terms(p)
			n := NodeTerms{Path: Path(p), Terms: realTerms(rt, write.Terms)}
			if Path(p).Level() == Group && rapid.IntRange(0, 9).Draw(rt, p+" default") > 0 {
				users := terms(p + " users")
				write.Users = &users
				real := realTerms(rt, users)
				n.Users = &real
			}
			app.Nodes = append(app.Nodes, n)
		case what == 3 && rapid.IntRange(0, 9).Draw(rt, p+" removed") == 0 || what == 4 && !listed:
			write.Verb = "remove"
			app.Removed = append(app.Removed, Path(p))
		}
		if n := w.model.Nodes[p]; n != nil && n.Open != nil && rapid.IntRange(0, 9).Draw(rt, p+" reset") == 0 {
			write.Resets, write.Reset = true, n.Open.Start
			if rapid.IntRange(0, 4).Draw(rt, p+" other window") == 0 {
				write.Reset++
			}
			app.Resets = append(app.Resets, Reset{Path: Path(p), Window: time.Unix(write.Reset, 0)})
			resets = true
		}
		if write.Verb != "keep" || write.Resets {
			writes = append(writes, write)
		}
	}
	if rapid.IntRange(0, 9).Draw(rt, "stale") > 0 || first {
		w.gen = max(w.gen, w.model.Generation) + 1
	}
	app.Generation = w.gen
	w.calendars(rt, tb, &app, cals)
	for range rapid.SampledFrom([]int{1, 1, 2}).Draw(rt, "times") {
		err := w.ledger.Apply(tb.Context(), w.org, app)
		want := model.Answer{"ok"}
		if len(app.Calendars) > 0 || first { // the calendars go first
			want = w.model.Apply(w.now, w.gen, cals, nil)
		}
		if want[0] == "ok" {
			want = w.model.Apply(w.now, w.gen, nil, writes)
		}
		var stale *StaleError
		switch got := want[0]; {
		case got == "ok" && err == nil, got == "stale" && errors.As(err, &stale), got == "early" && resets && errors.Is(err, ErrResetTooSoon):
		default:
			rt.Fatalf("apply at %d: oracle %v, Redis %v", w.now, want, err)
		}
	}
}

func realTerms(rt *rapid.T, t model.Terms) Terms {
	e, limit, ok := parseLimit(t.Limit)
	if !ok {
		rt.Fatal(t)
	}
	return Terms{Limit: limit, Enforcement: e, Calendar: t.Calendar}
}

// calendars gives an application the calendars that its nodes name, and has it
// drop those that nobody will need. The oracle keeps them all: whatever Redis
// answers without them, it must answer too.
func (w *world) calendars(rt *rapid.T, tb testing.TB, app *Application, all map[string][]int64) {
	named := map[string]bool{}
	for _, n := range app.Nodes {
		named[n.Terms.Calendar] = true
		if n.Users != nil {
			named[n.Users.Calendar] = true
		}
	}
	for id := range named {
		c := Calendar{ID: id, Total: id == "total"}
		for _, s := range all[id] {
			if !c.Total {
				c.Boundaries = append(c.Boundaries, time.Unix(s, 0))
			}
		}
		app.Calendars = append(app.Calendars, c)
	}
	has, err := w.ledger.Calendars(tb.Context(), w.org)
	if err != nil {
		rt.Fatal(err)
	}
	paths, err := w.ledger.Paths(tb.Context(), w.org)
	if err != nil {
		rt.Fatal(err)
	}
	views, err := w.ledger.Nodes(tb.Context(), w.org, paths)
	if err != nil {
		rt.Fatal(err)
	}
	app.Dropped = Unused(has, *app, views)
	w.answers["calendars dropped"] += len(app.Dropped)
}
