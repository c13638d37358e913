package ledger

import (
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"

	"tollgate.dev/tollgate/hack/cluster/clustertest"
	"tollgate.dev/tollgate/metering/ledger/model"
)

// TestAlertAndThrottleAlike has a group's default go from Alert to Throttle at
// one amount, which an open window repeats as one number: the usual reserve sees
// no difference, so the other must make none.
func TestAlertAndThrottleAlike(t *testing.T) {
	t.Parallel()
	client := clustertest.Redis(t).Client()
	defer client.Close()
	w := newWorld(client, "alike")
	user := w.users[0]
	listed := Path(user).ancestors()
	apply := func(generation int64, users string) {
		t.Helper()
		app := Application{Generation: generation, Calendars: []Calendar{{ID: "total", Total: true}}}
		var writes []model.Write
		for _, p := range listed[:3] {
			n := NodeTerms{Path: p, Terms: Terms{Calendar: "total"}}
			write := model.Write{Path: string(p), Verb: "set", Terms: model.Terms{Limit: "-", Calendar: "total"}}
			if p.Level() == Group {
				e, limit, _ := parseLimit(users)
				n.Users = &Terms{Limit: limit, Enforcement: e, Calendar: "total"}
				write.Users = &model.Terms{Limit: users, Calendar: "total"}
			}
			app.Nodes, writes = append(app.Nodes, n), append(writes, write)
		}
		w.model.Apply(w.now, generation, map[string][]int64{"total": {0, never}}, writes)
		if err := w.ledger.Apply(t.Context(), w.org, app); err != nil {
			t.Fatal(err)
		}
	}
	for i, step := range []struct {
		users string // "" when nothing is applied
		after int64  // ms
	}{{"A100", 0}, {"T100", 1}, {"", 60_000}, {"T101", 1}, {"A101", 60_000}, {"B101", 1}, {"-", 1}} {
		w.now += step.after
		if step.users != "" {
			apply(int64(i+1), step.users)
		}
		id := fmt.Sprintf("request-%d", i)
		want := w.model.Reserve(w.now, id, 1, 600_000, user)
		got, err := w.ledger.run(t.Context(), w.ledger.scripts.reserve, eightKeys(Path(user)), id, 1, 600_000)
		if d := cmp.Diff([]any(want), readable(t, got)); err != nil || d != "" {
			t.Fatalf("step %d: %v (-oracle +Redis):\n%s", i, err, d)
		}
		if d := cmp.Diff(modelState(w.model), redisState(t, client, w.org, w.paths)); d != "" {
			t.Fatalf("step %d (-oracle +Redis):\n%s", i, d)
		}
	}
}
