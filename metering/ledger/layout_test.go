package ledger

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"tollgate.dev/tollgate/hack/cluster/clustertest"
	"tollgate.dev/tollgate/metering/ledger/model"
	"tollgate.dev/tollgate/metering/money"
)

// TestLayout has a ledger that another version of Tollgate keeps: whoever reads
// or writes limits says so, and nothing is changed.
func TestLayout(t *testing.T) {
	t.Parallel()
	client := clustertest.Redis(t).Client()
	defer client.Close()
	l := New(client)
	ctx := t.Context()
	user := Path("acme.chat.eng.ann")
	terms := Terms{Limit: money.Dollar, Enforcement: Block, Calendar: "total"}
	cals := []Calendar{{ID: "total", Total: true}}
	var nodes []NodeTerms
	for _, p := range user.ancestors() {
		nodes = append(nodes, NodeTerms{Path: p, Terms: terms})
	}
	listed(t, l, "acme", cals, nodes...)
	if _, err := l.Reserve(ctx, Reservation{ID: "request-1", Path: user, Amount: 5, TTL: time.Millisecond}); err != nil {
		t.Fatal(err)
	}
	key := nodeKey("acme")
	if v := client.HGet(ctx, key, fieldLayout).Val(); v != "1" || layout != 1 || model.Layout != layout {
		t.Errorf("written %q; known %d, by the model %d", v, layout, model.Layout)
	}

	calls := []struct {
		name string
		call func() error
	}{
		{"reading", func() error { _, err := l.Nodes(ctx, "acme", []Path{"acme", user}); return err }},
		{"reading as from a Cluster", func() error { _, err := New(throughPlain{client}).Nodes(ctx, "acme", []Path{user}); return err }},
		{"listing", func() error { _, err := l.Paths(ctx, "acme"); return err }},
		{"asking for the generation", func() error { _, err := l.Generation(ctx, "acme"); return err }},
		{"beginning an application", func() error { _, err := l.NextGeneration(ctx, "acme"); return err }},
		{"applying", func() error { return l.Apply(ctx, "acme", Application{Generation: 9, Calendars: cals, Nodes: nodes}) }},
		{"sweeping", func() error { _, err := l.Sweep(ctx, "acme"); return err }},
	}
	if err := client.HSet(ctx, key, fieldLayout, "2").Err(); err != nil {
		t.Fatal(err)
	}
	before := dumpAll(t, client)
	for _, c := range calls {
		var other *LayoutError
		err := c.call()
		if !errors.As(err, &other) || other.Found != 2 || other.Organization != "acme" || !strings.Contains(err.Error(), "layout 2") {
			t.Errorf("%s: %v", c.name, err)
		}
	}
	if d := cmp.Diff(before, dumpAll(t, client)); d != "" {
		t.Errorf("something was written:\n%s", d)
	}
	// Another organization of the same Redis is another matter.
	listed(t, l, "globex", cals, NodeTerms{Path: "globex", Terms: terms})

	// What is no layout says nothing about the rest; apply names it.
	if err := client.HSet(ctx, key, fieldLayout, "first").Err(); err != nil {
		t.Fatal(err)
	}
	for _, c := range calls {
		var corrupt *CorruptError
		err := c.call()
		if c.name == "applying" && (!errors.As(err, &corrupt) || corrupt.Key != key || corrupt.Field != fieldLayout) || c.name != "applying" && err != nil {
			t.Errorf("%s with a layout that is none: %v", c.name, err)
		}
	}
	// One that is gone, or was never written, is written by the next application.
	if err := client.HDel(ctx, key, fieldLayout).Err(); err != nil {
		t.Fatal(err)
	}
	for _, c := range calls {
		if err := c.call(); err != nil {
			t.Errorf("%s without a layout: %v", c.name, err)
		}
	}
	if v := client.HGet(ctx, key, fieldLayout).Val(); v != "1" {
		t.Errorf("written %q", v)
	}
}
