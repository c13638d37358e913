package apiserver_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/redis/go-redis/v9"

	"tollgate.dev/tollgate/test/apiserver/rig"
)

// damagedKeys writes what the ledger never would, and expects that budget
// Unknown with the key named, and the others as they were.
func damagedKeys(t *testing.T, r *rig.Rig) {
	const key, open = "tg:{acme}:b:acme.search.indexers.crawler", "tg:{acme}:open"
	for _, tt := range []struct {
		name  string
		write []any
		// window is written in place of the user's.
		window string
	}{
		{name: "a list", write: []any{"RPUSH", key, "x"}},
		{name: "a string", write: []any{"SET", key, "x"}},
		{name: "a limit that is no number", write: []any{"HSET", key, "lim", "Bmuch", "cal", "monthly"}},
		{name: "a negative limit", write: []any{"HSET", key, "lim", "B-5", "cal", "monthly"}},
		{name: "an enormous limit", write: []any{"HSET", key, "lim", "B99999999999999999999", "cal", "monthly"}},
		{name: "a window that is too short", window: strings.Repeat("\x00", 47)},
		{name: "a window of not-a-numbers", window: strings.Repeat("\xff", 64)},
	} {
		t.Run(tt.name, func(t *testing.T) {
			damage(t, r, key, open, tt.window, tt.write)
			out, errs := run(t, r.Admin, "get", "budgets", "-n", "acme-search", "-o", "jsonpath={range .items[*]}{.metadata.name} {.status.state} {.status.spent}{\"\\n\"}{end}")
			if want := "search Active 0.00\nsearch.indexers Active 0.00\nsearch.indexers.crawler Unknown \n"; out != want {
				t.Errorf("got %q, want %q", out, want)
			}
			if !strings.Contains(errs, key) {
				t.Errorf("no warning names the key: %q", errs)
			}
			b := get(t, r.Admin, "acme-search", "search.indexers.crawler")
			if c := b.Status.Conditions[0]; c.Reason != "LedgerCorrupt" || !strings.Contains(c.Message, key) {
				t.Errorf("the condition is %+v", c)
			}
		})
	}
}

// damagedDefault damages the limit of a group's users who are not listed. The
// group and those users are Unknown, with the key named; the others are as they were.
func damagedDefault(t *testing.T, r *rig.Rig) {
	const key, field = "tg:{acme}:b:acme.chat.engineers", "ul"
	concerned := []string{"chat.engineers", "chat.engineers.dora"}
	rows := func() (out, errs string) {
		return run(t, r.Admin, "get", "budgets", "-n", "acme-chat", "-o", "jsonpath={range .items[*]}{.metadata.name} {.status.state} {.status.spent}{\"\\n\"}{end}")
	}
	var want strings.Builder
	before, _ := rows()
	for line := range strings.Lines(before) {
		name, _, _ := strings.Cut(line, " ")
		if slices.Contains(concerned, name) {
			line = name + " Unknown \n"
		}
		want.WriteString(line)
	}
	saved, err := r.Client.HGet(t.Context(), key, field).Result()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := r.Client.HSet(context.Background(), key, field, saved).Err(); err != nil {
			t.Error(err)
		}
	})
	for _, tt := range []struct{ name, value string }{
		{name: "no number", value: "Bmuch"},
		{name: "negative", value: "B-5"},
		{name: "enormous", value: "B99999999999999999999"},
		{name: "empty", value: ""},
		{name: "without what happens at it", value: "25000000000"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if err := r.Client.HSet(t.Context(), key, field, tt.value).Err(); err != nil {
				t.Fatal(err)
			}
			out, errs := rows()
			if diff := cmp.Diff(want.String(), out); diff != "" {
				t.Errorf("rows (-want +got):\n%s", diff)
			}
			if !strings.Contains(errs, key) {
				t.Errorf("no warning names the key: %q", errs)
			}
			for _, name := range concerned {
				b := get(t, r.Admin, "acme-chat", name)
				if c := b.Status.Conditions[0]; b.Status.State != "Unknown" || c.Reason != "LedgerCorrupt" || !strings.Contains(c.Message, key) || !strings.Contains(c.Message, field) {
					t.Errorf("%s is %s, and the condition %+v", name, b.Status.State, c)
				}
			}
			refused(t, r.Admin, []string{"NotFound", "not found"}, "get", "budget", "chat.engineers.nobody", "-n", "acme-chat")
		})
	}
	// What is unknown comes first, and the rest in its order.
	sorted := column(t, r, 0, "get", "budgets", "-n", "acme-chat", "--sort-by=.status.spent")
	if diff := cmp.Diff(append(concerned, "chat.interns", "chat.interns.ivy", "chat.engineers.alice--40acme--2eexample", "chat.engineers.bob", "chat"), sorted); diff != "" {
		t.Errorf("sorted (-want +got):\n%s", diff)
	}
}

// damage replaces a node's key by what `write` writes, or its window when there
// is nothing to write, until the test ends.
func damage(t *testing.T, r *rig.Rig, key, open, window string, write []any) {
	t.Helper()
	if write == nil {
		saved, err := r.Client.HGet(t.Context(), open, key).Result()
		if err != nil && !errors.Is(err, redis.Nil) {
			t.Fatal(err)
		}
		if err := r.Client.HSet(t.Context(), open, key, window).Err(); err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() {
			restore := r.Client.HSet(context.Background(), open, key, saved)
			if saved == "" {
				restore = r.Client.HDel(context.Background(), open, key)
			}
			if restore.Err() != nil {
				t.Error(restore.Err())
			}
		})
		return
	}
	saved, err := r.Client.Dump(t.Context(), key).Result()
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(r.Client.Del(t.Context(), key).Err(), r.Client.Do(t.Context(), write...).Err()); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := r.Client.RestoreReplace(context.Background(), key, 0, saved).Err(); err != nil {
			t.Error(err)
		}
	})
}

// damagedSharedKeys damages what all budgets of an organization depend on.
func damagedSharedKeys(t *testing.T, r *rig.Rig) {
	for _, tt := range []struct {
		key, want string
	}{
		// Who is not listed may be missing; the rest is known.
		{key: "tg:{acme}:touched", want: "search Active 0.00\nsearch.indexers Active 0.00\nsearch.indexers.crawler Active 0.00\n"},
		// Without windows nobody's spend is known, and without calendars no window.
		{key: "tg:{acme}:open", want: "search Unknown \nsearch.indexers Unknown \nsearch.indexers.crawler Unknown \n"},
		{key: "tg:{acme}:cal", want: "search Unknown \nsearch.indexers Unknown \nsearch.indexers.crawler Unknown \n"},
	} {
		t.Run(tt.key, func(t *testing.T) {
			saved, err := r.Client.Dump(t.Context(), tt.key).Result()
			if err != nil {
				t.Fatal(err)
			}
			if err := r.Client.Set(t.Context(), tt.key, "damaged", 0).Err(); err != nil {
				t.Fatal(err)
			}
			defer func() {
				if err := r.Client.RestoreReplace(t.Context(), tt.key, 0, saved).Err(); err != nil {
					t.Error(err)
				}
			}()
			out, errs := run(t, r.Admin, "get", "budgets", "-n", "acme-search", "-o", "jsonpath={range .items[*]}{.metadata.name} {.status.state} {.status.spent}{\"\\n\"}{end}")
			if out != tt.want || !strings.Contains(errs, tt.key) {
				t.Errorf("got %q and the warning %q, want %q", out, errs, tt.want)
			}
		})
	}
}
