package ledger

import (
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"tollgate.dev/tollgate/hack/cluster/clustertest"
)

func TestUnused(t *testing.T) {
	t.Parallel()
	in := func(id string) Terms { return Terms{Calendar: id} }
	next, users := in("next"), in("users")
	views := []NodeView{
		{Path: "acme", Applied: true, Terms: in("own"), Next: &next},
		{Path: "acme.chat.eng", Applied: true, Terms: in("own"), DefaultTerms: &users},
		{Path: "acme.chat.eng.ann", Used: true, Terms: in("kept")},
		{Path: "acme.ops", Applied: true, Terms: in("ended"), Err: &NoWindowError{Path: "acme.ops"}},
	}
	all := []string{"ended", "gone", "kept", "named", "next", "own", "users"}
	app := Application{Calendars: []Calendar{{ID: "named"}}}
	tests := []struct {
		name  string
		views []NodeView
		want  []string
	}{
		{name: "each way to need one", views: views, want: []string{"gone"}},
		{name: "nobody is there", want: []string{"ended", "gone", "kept", "next", "own", "users"}},
		{name: "somebody cannot be read", views: append(views[:4:4], NodeView{Err: &CorruptError{Key: "k"}})},
		{name: "somebody was edited", views: append(views[:4:4], NodeView{Edited: &CorruptError{Key: "k"}})},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if d := cmp.Diff(tt.want, Unused(all, app, tt.views)); d != "" {
				t.Error(d)
			}
		})
	}
}

// TestDropped drops calendars with an application, and not with one that is
// stale.
func TestDropped(t *testing.T) {
	t.Parallel()
	client := clustertest.Redis(t).Client()
	defer client.Close()
	l := New(client)
	ctx := t.Context()
	day := Calendar{ID: "day", Boundaries: []time.Time{time.Unix(100, 0), time.Unix(never-1, 0)}}
	total := Calendar{ID: "total", Total: true}
	node := func(calendar string) []NodeTerms {
		return []NodeTerms{{Path: "acme", Terms: Terms{Calendar: calendar}}}
	}
	has := func(want ...string) {
		t.Helper()
		got, err := l.Calendars(ctx, "acme")
		if d := cmp.Diff(want, got); err != nil || d != "" {
			t.Errorf("%v\n%s", err, d)
		}
	}
	listed(t, l, "acme", []Calendar{day, total}, node("day")...)
	has("day", "total")
	old, err := l.NextGeneration(ctx, "acme")
	if err != nil {
		t.Fatal(err)
	}
	newer, err := l.NextGeneration(ctx, "acme")
	if err != nil {
		t.Fatal(err)
	}
	var stale *StaleError
	if err := l.Apply(ctx, "acme", Application{Generation: old, Dropped: []string{"total"}}); !errors.As(err, &stale) {
		t.Error(err)
	}
	has("day", "total")
	if err := l.Apply(ctx, "acme", Application{Generation: newer, Calendars: []Calendar{day}, Nodes: node("day"), Dropped: []string{"day"}}); !errors.Is(err, ErrBad) {
		t.Errorf("written and dropped: %v", err)
	}
	for range 2 { // dropped already is dropped
		if err := l.Apply(ctx, "acme", Application{Generation: newer, Calendars: []Calendar{total}, Nodes: node("total"), Dropped: []string{"day", "never-was"}}); err != nil {
			t.Fatal(err)
		}
		has("total")
	}
	if err := client.Set(ctx, calKey("acme"), "x", 0).Err(); err != nil {
		t.Fatal(err)
	}
	var corrupt *CorruptError
	if _, err := l.Calendars(ctx, "acme"); !errors.As(err, &corrupt) || corrupt.Key != calKey("acme") {
		t.Error(err)
	}
}
