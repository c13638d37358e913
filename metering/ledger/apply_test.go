package ledger

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"tollgate.dev/tollgate/hack/cluster/clustertest"
	"tollgate.dev/tollgate/metering/money"
)

// TestApplicationsRefused is what Apply refuses before it talks to Redis.
func TestApplicationsRefused(t *testing.T) {
	t.Parallel()
	// Nobody listens there: a call that gets through fails otherwise.
	client := redis.NewClient(&redis.Options{Addr: "127.0.0.1:1", MaxRetries: -1})
	defer client.Close()
	l := New(client, WithPatience(50*time.Millisecond))
	at := func(s int64) time.Time { return time.Unix(s, 0) }
	month := Calendar{ID: "month", Boundaries: []time.Time{at(100), at(200)}}
	good := Terms{Limit: 5, Enforcement: Block, Calendar: "month"}
	with := func(change func(*Terms)) Application {
		terms := good
		change(&terms)
		return Application{Generation: 1, Calendars: []Calendar{month}, Nodes: []NodeTerms{{Path: "acme", Terms: terms}}}
	}
	calendar := func(c Calendar) Application { return Application{Generation: 1, Calendars: []Calendar{c}} }
	tests := []struct {
		name string
		app  Application
		want error
	}{
		{"no generation", Application{}, ErrBad},
		{"a limit above the most", with(func(t *Terms) { t.Limit = money.MaxLimit + 1 }), ErrBad},
		{"a negative limit", with(func(t *Terms) { t.Limit = -1 }), ErrBad},
		{"an enforcement that is none", with(func(t *Terms) { t.Enforcement = 9 }), ErrBad},
		{"a calendar that is not listed", with(func(t *Terms) { t.Calendar = "week" }), ErrBad},
		{"a node of somebody else", Application{Generation: 1, Calendars: []Calendar{month}, Nodes: []NodeTerms{{Path: "other", Terms: good}}}, ErrPath},
		{"a path that is none", Application{Generation: 1, Calendars: []Calendar{month}, Nodes: []NodeTerms{{Path: "acme.", Terms: good}}}, ErrPath},
		{"a node twice", Application{Generation: 1, Calendars: []Calendar{month}, Nodes: []NodeTerms{{Path: "acme", Terms: good}, {Path: "acme", Terms: good}}}, ErrBad},
		{"listed and removed", Application{Generation: 1, Calendars: []Calendar{month}, Nodes: []NodeTerms{{Path: "acme", Terms: good}}, Removed: []Path{"acme"}}, ErrBad},
		{"a removed node of somebody else", Application{Generation: 1, Removed: []Path{"other"}}, ErrPath},
		{"a reset twice", Application{Generation: 1, Resets: []Reset{{"acme", at(5)}, {"acme", at(5)}}}, ErrBad},
		{"a reset before 1970", Application{Generation: 1, Resets: []Reset{{"acme", at(-5)}}}, ErrBad},
		{"a default that is not a group's", Application{Generation: 1, Calendars: []Calendar{month}, Nodes: []NodeTerms{{Path: "acme", Terms: good, Users: &good}}}, ErrBad},
		{"a calendar twice", Application{Generation: 1, Calendars: []Calendar{month, month}}, ErrBad},
		{"a calendar without a name", calendar(Calendar{Boundaries: month.Boundaries}), ErrBad},
		{"a calendar's name with a space", calendar(Calendar{ID: "a b", Boundaries: month.Boundaries}), ErrBad},
		{"a calendar's name that is too long", calendar(Calendar{ID: strings.Repeat("x", 65), Boundaries: month.Boundaries}), ErrBad},
		{"the sentinel's name", calendar(Calendar{ID: "-", Boundaries: month.Boundaries}), ErrBad},
		{"one boundary", calendar(Calendar{ID: "x", Boundaries: []time.Time{at(5)}}), ErrBad},
		{"boundaries that go back", calendar(Calendar{ID: "x", Boundaries: []time.Time{at(5), at(5)}}), ErrBad},
		{"a boundary inside a second", calendar(Calendar{ID: "x", Boundaries: []time.Time{at(5), time.Unix(6, 1)}}), ErrBad},
		{"a boundary that is too far", calendar(Calendar{ID: "x", Boundaries: []time.Time{at(5), at(never)}}), ErrBad},
		{"Total with boundaries", calendar(Calendar{ID: "x", Total: true, Boundaries: month.Boundaries}), ErrBad},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if err := l.Apply(t.Context(), "acme", tt.app); !errors.Is(err, tt.want) {
				t.Error(err)
			}
		})
	}
	for _, org := range []string{"", "acme.chat", "Acme", "a}b"} {
		_, generation := l.NextGeneration(t.Context(), org)
		_, sweep := l.Sweep(t.Context(), org)
		_, paths := l.Paths(t.Context(), org)
		_, nodes := l.Nodes(t.Context(), org, nil)
		apply := l.Apply(t.Context(), org, Application{Generation: 1})
		for _, err := range []error{generation, sweep, paths, nodes, apply} {
			if !errors.Is(err, ErrPath) {
				t.Errorf("organization %q: %v", org, err)
			}
		}
	}
	for _, r := range []Reservation{
		{"short", "acme.chat.eng.ann", 5, time.Second}, {"request-1", "acme.chat.eng", 5, time.Second},
		{"request-1", "acme.chat.eng.ann", 0, time.Second}, {"request-1", "acme.chat.eng.ann", -5, time.Second},
		{"request-1", "acme.chat.eng.ann", money.MaxRequest + 1, time.Second}, {"request-1", "acme.chat.eng.ann", 5, 0},
		{"request-1", "acme.chat.eng.ann", 5, MaxTTL + 1}, {"request-1", "acme.chat.eng.ANN", 5, time.Second},
	} {
		if _, err := l.Reserve(t.Context(), r); !errors.Is(err, ErrBad) && !errors.Is(err, ErrPath) {
			t.Errorf("%+v: %v", r, err)
		}
	}
}

// TestGenerations lets the newest application win, whoever comes last.
func TestGenerations(t *testing.T) {
	t.Parallel()
	r := clustertest.Redis(t)
	client := r.Client()
	defer client.Close()
	l := New(client)
	ctx := t.Context()
	app := func(generation int64, limit money.Amount, users int) Application {
		terms := Terms{Limit: limit, Enforcement: Block, Calendar: "total"}
		a := Application{Generation: generation, Calendars: []Calendar{{ID: "total", Total: true}}}
		a.Nodes = []NodeTerms{{Path: "acme", Terms: terms}, {Path: "acme.chat", Terms: terms}, {Path: "acme.chat.eng", Terms: terms}}
		for u := range users {
			a.Nodes = append(a.Nodes, NodeTerms{Path: Path(fmt.Sprintf("acme.chat.eng.user-%d", u)), Terms: terms})
		}
		return a
	}
	old, err := l.NextGeneration(ctx, "acme")
	if err != nil {
		t.Fatal(err)
	}
	newer, err := l.NextGeneration(ctx, "acme")
	if err != nil || newer <= old {
		t.Fatal(newer, err)
	}
	// More nodes than one script writes, twice: equal generations are accepted.
	for range 2 {
		if err := l.Apply(ctx, "acme", app(newer, 20, 350)); err != nil {
			t.Fatal(err)
		}
	}
	var stale *StaleError
	if err := l.Apply(ctx, "acme", app(old, 10, 1)); !errors.As(err, &stale) || stale.Generation != newer {
		t.Errorf("an older application: %v", err)
	}
	paths, err := l.Paths(ctx, "acme")
	if err != nil || len(paths) != 353 {
		t.Fatalf("%d paths, %v", len(paths), err)
	}
	views, err := l.Nodes(ctx, "acme", paths)
	if err != nil {
		t.Fatal(err)
	}
	for _, v := range views {
		if v.Err != nil || !v.Applied || v.Limit != 20 || !v.LastUse.IsZero() || !v.WindowEnd.IsZero() {
			t.Fatalf("%+v", v)
		}
	}
	// What is removed without ever being used is gone from the list.
	if err := l.Apply(ctx, "acme", Application{Generation: newer, Removed: paths[3:]}); err != nil {
		t.Fatal(err)
	}
	users, err := l.Users(ctx, "acme")
	if err != nil || len(users) != 0 {
		t.Errorf("%d users, %v", len(users), err)
	}
}
