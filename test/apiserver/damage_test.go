package apiserver_test

import (
	"strings"
	"testing"

	"tollgate.dev/tollgate/test/apiserver/rig"
)

// damagedKeys writes what the ledger never would, and expects that budget
// Unknown with the key named, and the others as they were.
func damagedKeys(t *testing.T, r *rig.Rig) {
	const key = "tg:{acme}:b:acme.search.indexers.crawler"
	packed := strings.Repeat("\x00", 47)
	for _, tt := range []struct {
		name  string
		write []any
	}{
		{name: "a list", write: []any{"RPUSH", key, "x"}},
		{name: "a string", write: []any{"SET", key, "x"}},
		{name: "a limit that is no number", write: []any{"HSET", key, "lim", "Bmuch", "cal", "monthly"}},
		{name: "a negative limit", write: []any{"HSET", key, "lim", "B-5", "cal", "monthly"}},
		{name: "an enormous limit", write: []any{"HSET", key, "lim", "B99999999999999999999", "cal", "monthly"}},
		{name: "a window that is too short", write: []any{"HSET", key, "lim", "-", "cal", "monthly", "w", packed}},
		{name: "a window of not-a-numbers", write: []any{"HSET", key, "lim", "-", "cal", "monthly", "w", strings.Repeat("\xff", 48)}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			saved, err := r.Client.Dump(t.Context(), key).Result()
			if err != nil {
				t.Fatal(err)
			}
			if err := r.Client.Del(t.Context(), key).Err(); err != nil {
				t.Fatal(err)
			}
			if err := r.Client.Do(t.Context(), tt.write...).Err(); err != nil {
				t.Fatal(err)
			}
			defer func() {
				if err := r.Client.RestoreReplace(t.Context(), key, 0, saved).Err(); err != nil {
					t.Error(err)
				}
			}()
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

// damagedSharedKeys damages what all budgets of an organization depend on.
func damagedSharedKeys(t *testing.T, r *rig.Rig) {
	for _, tt := range []struct {
		key, want string
	}{
		// Who is not listed may be missing; the rest is known.
		{key: "tg:{acme}:touched", want: "search Active 0.00\nsearch.indexers Active 0.00\nsearch.indexers.crawler Active 0.00\n"},
		// Without calendars no window is known.
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
