package ledger

import (
	"context"
	"errors"
	"fmt"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/redis/go-redis/v9"

	"tollgate.dev/tollgate/hack/cluster/clustertest"
	"tollgate.dev/tollgate/metering/money"
)

// packed packs doubles as the scripts do.
func packed(values ...float64) string {
	var b strings.Builder
	for _, v := range values {
		bits := math.Float64bits(v)
		for i := range 8 {
			b.WriteByte(byte(bits >> (8 * i)))
		}
	}
	return b.String()
}

// far is an end, in seconds, that no test sees.
const far = 9e9

// TestCorruptKeys breaks one key or field of a user, of its group or of what
// they share, and wants it named, nothing written, and everybody else's budget
// shown as ever.
func TestCorruptKeys(t *testing.T) {
	t.Parallel()
	r := clustertest.Redis(t)
	client := r.Client()
	defer client.Close()
	l := New(client)
	ann, bob := Path("acme.chat.eng.ann"), Path("acme.chat.law.bob")
	annKey, engKey := nodeKey(ann), nodeKey("acme.chat.eng")
	set := func(key, field, value string) func(context.Context) error {
		return func(ctx context.Context) error { return client.HSet(ctx, key, field, value).Err() }
	}
	str := func(key string) func(context.Context) error {
		return func(ctx context.Context) error {
			return errors.Join(client.Del(ctx, key).Err(), client.Set(ctx, key, "not the ledger's", 0).Err())
		}
	}
	tests := []struct {
		name    string
		corrupt func(context.Context) error
		key     string
		field   string
		// unseen says that a view does not depend on it; usable, that a reserve in
		// an open window does not.
		// all, that everybody's budget does; settles, that a settle does not.
		unseen, usable, all, settles bool
	}{
		{name: "a user that is a string", corrupt: str(annKey), key: annKey, usable: true},
		{name: "a group that is a string", corrupt: str(engKey), key: engKey, usable: true},
		{name: "open that is a string", corrupt: str(openKey("acme")), key: openKey("acme"), all: true},
		{name: "due that is a string", corrupt: str(dueKey("acme")), key: dueKey("acme"), unseen: true, settles: true},
		{name: "a window that is too short", corrupt: set(openKey("acme"), annKey, "x"), key: openKey("acme"), field: annKey},
		{name: "an empty window", corrupt: set(openKey("acme"), annKey, ""), key: openKey("acme"), field: annKey},
		{name: "a window of NaN", corrupt: set(openKey("acme"), annKey, packed(0, far, 0, math.NaN(), 0, 0, 0, 0)), key: openKey("acme"), field: annKey},
		{name: "infinite spend", corrupt: set(openKey("acme"), annKey, packed(0, far, 0, math.Inf(1), 0, 0, 0, 0)), key: openKey("acme"), field: annKey},
		{name: "a negative hold", corrupt: set(openKey("acme"), annKey, packed(0, far, 0, 0, -1, 0, 0, 0)), key: openKey("acme"), field: annKey},
		{name: "a negative spend", corrupt: set(openKey("acme"), annKey, packed(0, far, 0, -5, 0, 0, 0, 0)), key: openKey("acme"), field: annKey},
		{name: "a negative high limb", corrupt: set(openKey("acme"), annKey, packed(0, far, -1, 5, 0, 0, 0, 0)), key: openKey("acme"), field: annKey},
		{name: "an enormous hold", corrupt: set(openKey("acme"), annKey, packed(0, far, 0, 5, 1e300, 0, 0, 0)), key: openKey("acme"), field: annKey},
		{name: "a default that is not a number", corrupt: set(engKey, "ul", "Bmuch"), key: engKey, field: "ul", usable: true},
		{name: "a default without a kind", corrupt: set(engKey, "ul", "1000"), key: engKey, field: "ul", usable: true},
		{name: "an enormous default", corrupt: set(engKey, "ul", "B99999999999999999"), key: engKey, field: "ul", usable: true},
		{name: "a negative default", corrupt: set(engKey, "ul", "B-1"), key: engKey, field: "ul", usable: true},
		{name: "a limit of another kind", corrupt: set(annKey, "wl", "B5"), usable: true, unseen: true},
		{name: "a first use that is no number", corrupt: set(annKey, "t0", "yesterday"), key: annKey, field: "t0", usable: true},
	}
	all := []Path{"acme", "acme.chat", "acme.chat.law", bob, ann}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			ctx := t.Context()
			if err := client.FlushAll(ctx).Err(); err != nil {
				t.Fatal(err)
			}
			terms := Terms{Limit: money.Dollar, Enforcement: Block, Calendar: "total"}
			listed(t, l, "acme", []Calendar{{ID: "total", Total: true}},
				NodeTerms{Path: "acme", Terms: terms}, NodeTerms{Path: "acme.chat", Terms: terms},
				NodeTerms{Path: "acme.chat.eng", Terms: terms, Users: &terms}, NodeTerms{Path: "acme.chat.law", Terms: terms, Users: &terms})
			for i, u := range []Path{ann, bob} {
				if _, err := l.Reserve(ctx, Reservation{ID: "request-" + string(rune('0'+i)), Path: u, Amount: 5, TTL: time.Minute}); err != nil {
					t.Fatal(err)
				}
			}
			before, err := l.Nodes(ctx, "acme", all)
			if err != nil {
				t.Fatal(err)
			}
			if err := tt.corrupt(ctx); err != nil {
				t.Fatal(err)
			}
			dump := dumpAll(t, client)

			after, err := l.Nodes(ctx, "acme", all)
			if err != nil {
				t.Fatal(err)
			}
			plain, err := New(throughPlain{client}).Nodes(ctx, "acme", all)
			if d := cmp.Diff(after, plain); err != nil || d != "" {
				t.Errorf("the two ways to read differ: %v\n%s", err, d)
			}
			if d := cmp.Diff(before[:4], after[:4]); d != "" && !tt.all {
				t.Errorf("others changed:\n%s", d)
			}
			named := func(err error) bool {
				var c *CorruptError
				return errors.As(err, &c) && c.Key == tt.key && c.Field == tt.field && strings.Contains(err.Error(), tt.key)
			}
			if v := after[4]; !v.Used || tt.field != "t0" && tt.key != annKey && !v.FirstUse.Equal(before[4].FirstUse) {
				t.Errorf("nobody would know that the user exists: %+v", v)
			}
			if v := after[4]; !tt.unseen && (!named(v.Err) || v.Spent != 0 || v.Held != 0) || tt.unseen && v.Err != nil {
				t.Errorf("view: %+v", v)
			}
			if tt.usable {
				return
			}
			if _, err := l.Reserve(ctx, Reservation{ID: "request-9", Path: ann, Amount: 5, TTL: time.Minute}); !named(err) {
				t.Errorf("reserve: %v", err)
			}
			if _, err := l.Settle(ctx, "request-0", ann, 3); !tt.settles && !named(err) || tt.settles && err != nil {
				t.Errorf("settle: %v", err)
			}
			if tt.settles {
				dump = dumpAll(t, client)
			}
			if err := l.Record(ctx, "request-8", ann, 3); !named(err) {
				t.Errorf("record: %v", err)
			}
			if d := cmp.Diff(dump, dumpAll(t, client)); d != "" {
				t.Errorf("something was written:\n%s", d)
			}
		})
	}
}

// dumpAll returns every key of a Redis: hashes as text, because their order may
// change by itself, the others as Redis serializes them.
func dumpAll(tb testing.TB, client *redis.Client) map[string]string {
	tb.Helper()
	all := map[string]string{}
	keys, err := client.Keys(tb.Context(), "*").Result()
	if err != nil {
		tb.Fatal(err)
	}
	for _, k := range keys {
		fields, err := client.HGetAll(tb.Context(), k).Result()
		if err == nil {
			all[k] = fmt.Sprintf("%q", fields)
			continue
		}
		if all[k], err = client.Dump(tb.Context(), k).Result(); err != nil {
			tb.Fatal(err)
		}
	}
	return all
}

// TestCorruptCalendars breaks what a new window needs.
func TestCorruptCalendars(t *testing.T) {
	t.Parallel()
	r := clustertest.Redis(t)
	client := r.Client()
	defer client.Close()
	l := New(client)
	user := Path("acme.chat.eng.ann")
	tests := []struct {
		name, value string
		field       string // "" when the whole key is wrong
	}{
		{"letters", strings.Repeat("abcdefghij", 2), "month"},
		{"a length that is no multiple of ten", "0000000000999999999", "month"},
		{"a string", "", ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			ctx := t.Context()
			client.FlushAll(ctx)
			terms := Terms{Limit: money.Dollar, Enforcement: Block, Calendar: "month"}
			var nodes []NodeTerms
			for _, p := range user.ancestors() {
				nodes = append(nodes, NodeTerms{Path: p, Terms: terms})
			}
			listed(t, l, "acme", []Calendar{{ID: "month", Total: true}}, nodes...)
			if tt.field == "" {
				client.Del(ctx, calKey("acme"))
				client.Set(ctx, calKey("acme"), "x", 0)
			} else {
				client.HSet(ctx, calKey("acme"), "month", tt.value)
			}
			var c *CorruptError
			_, err := l.Reserve(ctx, Reservation{ID: "request-9", Path: user, Amount: 5, TTL: time.Minute})
			if !errors.As(err, &c) || c.Key != calKey("acme") || c.Field != tt.field {
				t.Errorf("reserve: %v", err)
			}
			v, err := l.Nodes(ctx, "acme", []Path{user})
			if err != nil {
				t.Fatal(err)
			}
			if !errors.As(v[0].Err, &c) || c.Key != calKey("acme") || c.Field != tt.field || v[0].Limit != money.Dollar {
				t.Errorf("view: %+v", v[0])
			}
		})
	}
}

// TestSweepGoesAroundWhatIsBroken leaves a hold that cannot be read, names it,
// and expires the ones behind it.
func TestSweepGoesAroundWhatIsBroken(t *testing.T) {
	t.Parallel()
	r := clustertest.Redis(t)
	client := r.Client()
	defer client.Close()
	l := New(client)
	users, _ := small(t, l, "acme", money.Dollar)
	ctx := t.Context()
	for _, id := range []string{"request-a", "request-b", "request-c", "request-d", "request-e", "request-f", "request-g"} {
		if _, err := l.Reserve(ctx, Reservation{ID: id, Path: users[0], Amount: 5, TTL: time.Millisecond}); err != nil {
			t.Fatal(err)
		}
	}
	client.HSet(ctx, openKey("acme"), "request-a", "rubbish")
	client.HSet(ctx, openKey("acme"), "request-b", strings.Repeat("o", 60))
	client.HDel(ctx, openKey("acme"), "request-c")
	client.HSet(ctx, openKey("acme"), "request-e", "q"+packed(5, far), "request-f", "s"+packed(5, math.NaN()), "request-g", "s"+packed(5, 1e300))
	time.Sleep(5 * time.Millisecond)
	swept, err := l.Sweep(ctx, "acme")
	var c *CorruptError
	if !errors.As(err, &c) || c.Key != openKey("acme") {
		t.Errorf("the broken ones are not named: %v", err)
	}
	for _, id := range []string{"request-a", "request-b", "request-e", "request-f", "request-g"} {
		if err == nil || !strings.Contains(err.Error(), id) {
			t.Errorf("%s is not named: %v", id, err)
		}
	}
	if d := cmp.Diff(Swept{Expired: 1, Forgotten: 1}, swept); d != "" {
		t.Error(d)
	}
}
