package ledger

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/redis/go-redis/v9"

	"tollgate.dev/tollgate/hack/cluster/clustertest"
)

// TestScriptsTouchTheirKeysOnly runs each script as a Redis user who may touch
// what that call names in KEYS, and nothing else, and may use the commands that
// docs/ledger.md names.
func TestScriptsTouchTheirKeysOnly(t *testing.T) {
	t.Parallel()
	r := clustertest.Redis(t)
	admin := r.Client()
	defer admin.Close()
	ctx := t.Context()
	now := int64(oracleStart * 1000)
	calls := 0
	var l *Ledger
	call := func(want string, s *script, keys []string, args ...any) {
		t.Helper()
		calls++
		name := fmt.Sprintf("guard-%d", calls)
		rules := []any{"ACL", "SETUSER", name, "on", ">secret", "resetkeys"}
		rules = append(rules, "+eval", "+evalsha", "+hget", "+hmget", "+hset", "+hsetnx", "+hdel", "+zadd", "+zrem", "+time")
		if s.name == "apply" {
			rules = append(rules, "+hlen", "+zcard", "+zscore")
		}
		for _, k := range keys {
			rules = append(rules, "~"+strings.NewReplacer("[", `\[`, "*", `\*`).Replace(k))
		}
		if err := admin.Do(ctx, rules...).Err(); err != nil {
			t.Fatal(err)
		}
		client := redis.NewClient(&redis.Options{Addr: r.Addr, Username: name, Password: "secret"})
		defer client.Close()
		l = New(client)
		l.clock = func() int64 { return now }
		got, err := l.run(ctx, s, keys, args...)
		if err != nil || got[0] != want {
			t.Errorf("%s %v: %v, %v; want %s", s.name, args, got, err, want)
		}
	}
	sc := newScripts()
	user := Path("acme.chat.eng.ann")
	eight, six, five := eightKeys(user), sixKeys(user), fiveKeys(user)
	nodes := eight[:4]
	shared := []string{nodes[0], eight[4], eight[5], eight[6], eight[7]}
	cal := fmt.Sprintf("%010d%010d%010d", oracleStart-100, oracleStart+100, oracleStart+1_000_000)
	args := []any{1, 1, "cal", cal}
	for i, p := range user.ancestors() {
		users := ""
		verb := "set"
		if i == 2 {
			users = "B100 cal"
		}
		if i == 3 {
			verb = "remove"
		}
		args = append(args, string(p), verb, "B100", "cal", "", users)
	}
	call("ok", sc.apply, append(shared, nodes...), args...)
	call("granted", sc.reserve, eight, "request-1", 5, 1000) // the first use
	call("granted", sc.reserve, eight, "request-2", 5, 1000) // the usual way
	call("granted", sc.reserve, eight, "request-2", 5, 1000) // a repeat
	call("refused", sc.reserve, eight, "request-3", 95, 1000)
	call("settled", sc.settle, five, "request-1", 5)
	call("recorded", sc.record, eight, "request-4", 5, 1000)
	now += 150_000
	call("granted", sc.reserve, eight, "request-5", 5, 1000) // a roll
	call("settled", sc.settle, five, "request-2", 5)         // in a closed window
	now += 2000
	call("expired", sc.expire, six, "request-5")
	call("forgotten", sc.expire, []string{nodes[0], nodes[0], nodes[0], nodes[0], eight[4], eight[5]}, "request-4")
	args = []any{2, 0, "acme", "set", "T7", "cal", fmt.Sprint(oracleStart + 100), ""}
	call("ok", sc.apply, append(shared, nodes[0]), args...)
}

// TestArguments sends each script what its client would not.
func TestArguments(t *testing.T) {
	t.Parallel()
	r := clustertest.Redis(t)
	client := r.Client()
	defer client.Close()
	l := New(client)
	users, _ := small(t, l, "acme", 1_000_000)
	eight := eightKeys(users[0])
	sc := l.scripts
	if _, err := l.run(t.Context(), sc.reserve, eight, "request-0", 5, 600_000); err != nil {
		t.Fatal(err)
	}
	dump := dumpAll(t, client)
	good := map[*script][]any{
		sc.reserve: {"request-1", "5", "1000"},
		sc.settle:  {"request-0", "5"},
		sc.record:  {"request-1", "5", "1000"},
		sc.expire:  {"request-0"},
	}
	amounts := []any{"", "0", "00", "01", "-1", "+1", "1.5", "1e3", "0x10", " 1", "1 ", "nan", "inf", "9000000000000001", "99999999999999999999", "1\n"}
	// No id may be taken for the key of a node.
	ids := []any{"", "short", strings.Repeat("x", 129), "tg:{acme}", nodeKey(users[1])}
	tests := []struct {
		script *script
		arg    int
		name   string
		bad    []any
	}{
		{sc.reserve, 0, "id", ids},
		{sc.reserve, 1, "amount", amounts},
		{sc.reserve, 2, "ttl", append([]any{"600001"}, amounts...)},
		{sc.settle, 0, "id", ids},
		{sc.settle, 1, "actual", append(append([]any{}, amounts[:1]...), amounts[2:]...)},
		{sc.record, 0, "id", ids},
		{sc.record, 1, "actual", append(append([]any{}, amounts[:1]...), amounts[2:]...)},
		{sc.record, 2, "keep", append([]any{"86400001"}, amounts...)},
		{sc.expire, 0, "id", ids},
	}
	for _, tt := range tests {
		t.Run(tt.script.name+" "+tt.name, func(t *testing.T) {
			keys := eight
			switch tt.script {
			case sc.settle:
				keys = eight[:5]
			case sc.expire:
				keys = eight[:6]
			}
			for _, bad := range tt.bad {
				args := append([]any{}, good[tt.script]...)
				args[tt.arg] = bad
				got, err := l.run(t.Context(), tt.script, keys, args...)
				if d := cmp.Diff([]any{"bad", tt.name}, got); err != nil || d != "" {
					t.Errorf("%q: %v\n%s", bad, err, d)
				}
			}
		})
	}
	if d := cmp.Diff(dump, dumpAll(t, client)); d != "" {
		t.Errorf("something was written:\n%s", d)
	}
}

// TestScriptsCacheIsNotNeeded flushes the scripts between calls and sweeps.
func TestScriptsCacheIsNotNeeded(t *testing.T) {
	t.Parallel()
	r := clustertest.Redis(t)
	client := r.Client()
	defer client.Close()
	now := int64(oracleStart * 1000)
	l := New(client)
	l.clock = func() int64 { return now }
	user := Path("acme.chat.eng.ann")
	var nodes []NodeTerms
	for _, p := range user.ancestors() {
		nodes = append(nodes, NodeTerms{Path: p, Terms: Terms{Calendar: "total"}})
	}
	listed(t, l, "acme", []Calendar{{ID: "total", Total: true}}, nodes...)
	for i := range 5 {
		if err := client.ScriptFlush(t.Context()).Err(); err != nil {
			t.Fatal(err)
		}
		if _, err := l.Reserve(t.Context(), Reservation{ID: fmt.Sprintf("request-%d", i), Path: user, Amount: 5, TTL: 1_000_000}); err != nil {
			t.Fatal(err)
		}
	}
	now += 10
	client.ScriptFlush(t.Context())
	swept, err := l.Sweep(t.Context(), "acme")
	if d := cmp.Diff(Swept{Expired: 5}, swept); err != nil || d != "" {
		t.Errorf("%v\n%s", err, d)
	}
}
