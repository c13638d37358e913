package usage

import (
	"errors"
	"io"
	"strings"
	"testing"
	"time"
	"unique"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"tollgate.dev/tollgate/metering/money"
	"tollgate.dev/tollgate/metering/price"
)

func at(t testing.TB, s string) time.Time {
	t.Helper()
	v, err := time.Parse(time.RFC3339, s)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

func TestSpans(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name, since, until string
		cuts               []string
		longest            time.Duration
		want               string
	}{
		{name: "within an hour", since: "2026-11-20T10:10:00Z", until: "2026-11-20T10:20:00Z", longest: day, want: "10m"},
		{name: "over hours", since: "2026-11-20T10:50:00Z", until: "2026-11-20T12:20:00Z", longest: day, want: "10m 1h 20m"},
		{name: "days", since: "2026-11-18T22:00:00Z", until: "2026-11-21T01:30:00Z", longest: day, want: "1h 1h 24h 24h 1h 30m"},
		{name: "whole days", since: "2026-11-18T00:00:00Z", until: "2026-11-20T00:00:00Z", longest: day, want: "24h 24h"},
		{name: "hours only", since: "2026-11-18T00:00:00Z", until: "2026-11-18T03:00:00Z", longest: hour, want: "1h 1h 1h"},
		{name: "a cut in a day", since: "2026-11-18T00:00:00Z", until: "2026-11-19T00:00:00Z", longest: day,
			cuts: []string{"2026-11-18T22:30:00Z"}, want: strings.Repeat("1h ", 22) + "30m 30m 1h"},
		{name: "cuts at the ends and outside", since: "2026-11-18T00:00:00Z", until: "2026-11-19T00:00:00Z", longest: day,
			cuts: []string{"2026-11-19T00:00:00Z", "2026-11-18T00:00:00Z", "2027-01-01T00:00:00Z"}, want: "24h"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			var cuts []time.Time
			for _, c := range tt.cuts {
				cuts = append(cuts, at(t, c))
			}
			var got []string
			for _, s := range spans(at(t, tt.since), at(t, tt.until), cuts, tt.longest) {
				text := strings.TrimSuffix(s.length().String(), "0s") // 1h0m, 10m
				got = append(got, strings.TrimSuffix(text, "h0m")+strings.Repeat("h", strings.Count(text, "h0m")))
			}
			if diff := cmp.Diff(strings.Fields(tt.want), got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// TestSpansPartition: whatever the window and the cuts, spans follow each other
// without gap, begin anew at each cut, and runs hold all of them.
func TestSpansPartition(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		start := at(t, "2026-03-01T00:00:00Z")
		second := func(label string) time.Time {
			return start.Add(time.Duration(rapid.IntRange(0, 10*86400).Draw(rt, label)) * time.Second)
		}
		since := second("since")
		until := since.Add(time.Duration(rapid.IntRange(1, 10*86400).Draw(rt, "length")) * time.Second)
		var cuts []time.Time
		for range rapid.IntRange(0, 3).Draw(rt, "cuts") {
			cuts = append(cuts, second("cut"))
		}
		list := spans(since, until, cuts, rapid.SampledFrom([]time.Duration{hour, day}).Draw(rt, "longest"))
		next := since
		bounds := map[time.Time]bool{}
		for _, s := range list {
			if !s.since.Equal(next) || s.length() <= 0 || s.length() > day {
				rt.Fatalf("%v after %v", s, next)
			}
			next = s.until
			bounds[s.since] = true
		}
		if !next.Equal(until) {
			rt.Fatalf("ends at %v", next)
		}
		for _, c := range cuts {
			if c.After(since) && c.Before(until) && !bounds[c] {
				rt.Fatalf("a span reaches across %v", c)
			}
		}
		var joined []span
		for _, r := range runs(list) {
			for i, s := range r {
				if r.at(s.until) != i || r.at(s.until.Add(time.Millisecond)) != -1 {
					rt.Fatalf("span %d of a run is not found", i)
				}
			}
			joined = append(joined, r...)
		}
		if diff := cmp.Diff(list, joined, cmp.AllowUnexported(span{})); diff != "" {
			rt.Fatal(diff)
		}
	})
}

func TestProviders(t *testing.T) {
	t.Parallel()
	for cluster, want := range map[string]string{
		"outbound|443||llm-openai.internal.dns": "openai",
		"outbound|443||llm-acme-oai.dns":        "acme-oai",
		"outbound|80||models.static":            "models",
		"llm-x":                                 "x",
		"":                                      "",
	} {
		if got := (Key{Cluster: cluster}).Provider(); got != want {
			t.Errorf("%s: %s, want %s", cluster, got, want)
		}
	}
}

func TestForeignConsumersAreNobody(t *testing.T) {
	t.Parallel()
	for _, consumer := range []string{"none", "", "acme", "acme.a.b", "acme.a.b.c.d", "globex.a.b.c", "acmex.a.b.c", "xacme.a.b.c", "acme..b.c", "acme.a.b."} {
		if k, ok, err := key("acme", map[string]string{labelConsumer: consumer}); ok || err != nil {
			t.Errorf("%q is %v, %v", consumer, k.Value(), err)
		}
	}
	if _, _, err := key("acme", map[string]string{}); err == nil {
		t.Error("a series without a consumer was taken")
	}
	k, ok, err := key("acme", map[string]string{labelConsumer: "acme.a.b.c"})
	if want := (Key{Project: "a", Group: "b", User: "c", Model: "unknown"}); !ok || err != nil || k.Value() != want {
		t.Errorf("%v, %v, %v", k.Value(), ok, err)
	}
}

func TestCacheKeepsWithinItsBounds(t *testing.T) {
	t.Parallel()
	now := time.Unix(0, 0)
	c := newCache(10, func() time.Time { return now })
	key := func(tenant string, n int64) pieceKey { return pieceKey{owner{tenant, "acme"}, n, n + 1} }
	c.put(key("a", 1), make([]Row, 4), time.Minute)
	c.put(key("a", 2), make([]Row, 4), time.Hour)
	if _, ok := c.get(key("b", 1)); ok {
		t.Error("a piece of another tenant")
	}
	if _, ok := c.get(key("a", 1)); !ok {
		t.Error("a piece was lost")
	}
	c.put(key("a", 3), make([]Row, 4), time.Hour) // the least recently used goes
	if _, ok := c.get(key("a", 2)); ok {
		t.Error("a piece too many")
	}
	now = now.Add(time.Minute)
	if _, ok := c.get(key("a", 1)); ok {
		t.Error("a piece that is too old")
	}
	c.put(key("a", 4), make([]Row, 11), time.Hour)
	if _, ok := c.get(key("a", 4)); ok || c.rows != 0 || len(c.pieces) != 0 {
		t.Errorf("a piece larger than the cache stayed: %d rows, %d pieces", c.rows, len(c.pieces))
	}
	for age, want := range map[time.Duration]time.Duration{
		-time.Minute: 15 * time.Second, 0: 15 * time.Second, 10 * time.Minute: time.Minute, 365 * day: 12 * hour,
	} {
		if got := keep(age); got != want {
			t.Errorf("age %s: kept %s", age, got)
		}
	}
}

func TestEstimatesFollowTheEffectivePrice(t *testing.T) {
	t.Parallel()
	change := at(t, "2026-11-10T00:00:00Z")
	rates := func(in, out money.Amount) price.Rates {
		return price.Rates{price.Input: in * money.Dollar, price.Output: out * money.Dollar}
	}
	table := price.NewTable([]price.Entry{
		{Model: "m", Mode: price.Chat, Rates: rates(1, 2)},
		{Model: "m", Mode: price.Chat, Rates: rates(10, 20), From: change},
		{Model: "late", Mode: price.Chat, Rates: rates(1, 1), From: change.Add(500 * time.Millisecond)},
		{Provider: "openai", Model: "own", Mode: price.Chat, Rates: rates(3, 3)},
		{Provider: "openai", Model: "two", Mode: price.Chat, Rates: rates(3, 3)},
		{Provider: "azure", Model: "two", Mode: price.Chat, Rates: rates(4, 4)},
	})
	row := func(model, cluster string, in, out int64) Row {
		return Row{unique.Make(Key{Model: model, Cluster: cluster}), Counters{Requests: 1, Input: in, Output: out, Total: in + out}}
	}
	since, until := at(t, "2026-11-01T00:00:00Z"), at(t, "2026-11-20T00:00:00Z")
	list := []Row{
		row("m", "", 1_000_000, 0), row("late", "", 1_000_000, 0), row("absent", "", 5, 5),
		row("own", "outbound|443||llm-acme-oai.dns", 1_000_000, 0), row("two", "outbound|443||llm-azure.dns", 1_000_000, 0), row("two", "x", 1, 1),
	}
	cuts := changes([]Slice{{since, until, list}}, table, since, until)
	if diff := cmp.Diff([]time.Time{change, change.Add(time.Second)}, cuts); diff != "" {
		t.Error(diff)
	}
	type result struct {
		Cost   money.Amount
		Reason price.Reason
	}
	got := map[string]result{}
	for _, e := range estimate([]Slice{{since, change, list}, {change, change.Add(time.Second), nil}, {change.Add(time.Second), until, list}}, table) {
		r := result{Cost: e.Cost}
		var u *price.UnpricedError
		if errors.As(e.Unpriced, &u) {
			r.Reason = u.Reason
		}
		got[e.Model+" "+e.Provider()] = r
	}
	want := map[string]result{
		"m ":           {Cost: 11 * money.Dollar},
		"late ":        {Cost: money.Dollar, Reason: price.NotYet},
		"absent ":      {Reason: price.NotListed},
		"own acme-oai": {Cost: 6 * money.Dollar},
		"two azure":    {Cost: 8 * money.Dollar},
		"two x":        {Reason: price.Ambiguous},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func FuzzDecode(f *testing.F) {
	for _, s := range []string{
		`{"status":"success","data":{"resultType":"matrix","result":[{"metric":{"a":"b"},"values":[[1.5,"2"]]}]},"warnings":["w"]}`,
		`{"status":"error","errorType":"x","error":"y"}`, `{"data":null,"status":"success"}`, `null`, `{`, `[]`, `{"status":1}`,
		`{"status":"success","data":{"resultType":"matrix","result":[{"values":[[1,"NaN"]]}]}}`,
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		_, err := decode(strings.NewReader(text), func(s series) error {
			for _, p := range s.points {
				if p.value < 0 || p.value > maxCount {
					t.Fatalf("a count of %d", p.value)
				}
			}
			return nil
		})
		if err != nil && (errors.Is(err, io.EOF) || excerpt(err.Error()) == "") {
			t.Fatalf("error %q", err)
		}
	})
}
