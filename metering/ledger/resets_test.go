package ledger

import (
	"errors"
	"testing"
	"time"

	"tollgate.dev/tollgate/hack/cluster/clustertest"
	"tollgate.dev/tollgate/metering/money"
)

// TestResets ends windows early, once each.
func TestResets(t *testing.T) {
	t.Parallel()
	r := clustertest.Redis(t)
	client := r.Client()
	defer client.Close()
	l := New(client)
	now := int64(oracleStart * 1000)
	l.clock = func() int64 { return now }
	total := Terms{Limit: 100, Enforcement: Block, Calendar: "total"}
	day := Terms{Limit: 10, Enforcement: Block, Calendar: "day"}
	cals := []Calendar{{ID: "total", Total: true}, {ID: "day", Boundaries: []time.Time{
		time.Unix(oracleStart-40_000, 0), time.Unix(oracleStart+46_400, 0), time.Unix(oracleStart+132_800, 0),
	}}}
	user := Path("acme.chat.eng.ann")
	var nodes []NodeTerms
	for _, p := range user.ancestors() {
		nodes = append(nodes, NodeTerms{Path: p, Terms: total})
	}
	listed(t, l, "acme", cals, nodes...)
	reserve := func(id string, amount money.Amount) error {
		_, err := l.Reserve(t.Context(), Reservation{ID: id, Path: user, Amount: amount, TTL: time.Minute})
		return err
	}
	if err := reserve("request-1", 100); err != nil {
		t.Fatal(err)
	}
	apply := func(resets ...Reset) error {
		generation, err := l.NextGeneration(t.Context(), "acme")
		if err != nil {
			return err
		}
		n := []NodeTerms{{Path: user, Terms: day}}
		return l.Apply(t.Context(), "acme", Application{Generation: generation, Calendars: cals, Nodes: n, Resets: resets})
	}
	view := func(p Path) NodeView {
		v, err := l.Nodes(t.Context(), "acme", []Path{p})
		if err != nil {
			t.Fatal(err)
		}
		return v[0]
	}
	// Leaving Total waits for a window's end that never comes.
	now += 5000
	if err := apply(); err != nil {
		t.Fatal(err)
	}
	if v := view(user); v.Calendar != "total" || v.Next == nil || v.Next.Calendar != "day" || v.Held != 100 {
		t.Errorf("before the reset: %+v", v)
	}
	reset := Reset{Path: user, Window: view(user).WindowStart}
	if err := apply(reset); err != nil {
		t.Fatal(err)
	}
	v := view(user)
	if v.Calendar != "day" || v.Held != 0 || v.WindowStart.UnixMilli() != now || v.WindowEnd.Unix() != oracleStart+46_400 {
		t.Errorf("after the reset: %+v", v)
	}
	if err := reserve("request-2", 1); err == nil {
		t.Error("the organization's own window was reset too")
	}
	root := view("acme")
	if err := apply(Reset{Path: "acme", Window: root.WindowStart}); err != nil {
		t.Fatal(err)
	}
	for _, p := range []Path{user.Parent().Parent(), user.Parent()} {
		if err := apply(Reset{Path: p, Window: root.WindowStart}); err != nil {
			t.Fatal(err)
		}
	}
	if err := reserve("request-3", 10); err != nil {
		t.Errorf("after all resets: %v", err)
	}
	// A repeated reset names the window that is over: nothing happens. One of the
	// window that is open now is refused in its first second.
	if err := apply(reset); err != nil {
		t.Error(err)
	}
	if v := view(user); v.Held != 10 {
		t.Errorf("a repeated reset ended the next window: %+v", v)
	}
	again := Reset{Path: user, Window: view(user).WindowStart}
	if err := apply(again); !errors.Is(err, ErrResetTooSoon) {
		t.Errorf("a reset in the first second: %v", err)
	}
	now += 1000
	if err := apply(again); err != nil {
		t.Error(err)
	}
	// The hold of the first window settles there.
	if _, err := l.Settle(t.Context(), "request-1", user, 60); err != nil {
		t.Error(err)
	}
	snapshot(t, client, "acme", []Path{user}).checkSums(t)
}
