package ledger

import (
	"fmt"
	"testing"
	"time"

	"tollgate.dev/tollgate/hack/cluster/clustertest"
	"tollgate.dev/tollgate/metering/money"
)

// benchUsers is how many users a large organization lists. (The rates of
// reserve and settle beside plain GETs are measured by test/bench/ledger.)
const benchUsers = 10_000

// benchOrganization applies an organization whose users all live on the default
// of one of ten groups, and returns them.
func benchOrganization(tb testing.TB, l *Ledger, org string, users int) []Path {
	tb.Helper()
	now := time.Now().Truncate(time.Hour)
	month := Calendar{ID: "month", Boundaries: []time.Time{now.Add(-time.Hour), now.Add(24 * time.Hour), now.Add(48 * time.Hour)}}
	terms := Terms{Limit: money.MaxLimit, Enforcement: Block, Calendar: "month"}
	nodes := []NodeTerms{{Path: Path(org), Terms: terms}, {Path: Path(org + ".chat"), Terms: terms}}
	var paths []Path
	for g := range 10 {
		group := Path(fmt.Sprintf("%s.chat.group-%d", org, g))
		nodes = append(nodes, NodeTerms{Path: group, Terms: terms, Users: &terms})
		for u := range users / 10 {
			paths = append(paths, Path(fmt.Sprintf("%s.user-%05d", group, u)))
		}
	}
	generation, err := l.NextGeneration(tb.Context(), org)
	if err == nil {
		err = l.Apply(tb.Context(), org, Application{Generation: generation, Calendars: []Calendar{month}, Nodes: nodes})
	}
	if err != nil {
		tb.Fatal(err)
	}
	return paths
}

// BenchmarkNodes reads 10,000 users in one round trip, as a list does.
func BenchmarkNodes(b *testing.B) {
	r := clustertest.Redis(b)
	client := r.Client()
	defer client.Close()
	l := New(client)
	users := benchOrganization(b, l, "acme", benchUsers)
	for i, u := range users {
		if _, err := l.Reserve(b.Context(), Reservation{ID: fmt.Sprintf("request-%d", i), Path: u, Amount: 5_000_000, TTL: MaxTTL}); err != nil {
			b.Fatal(err)
		}
	}
	b.Run("nodes", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			views, err := l.Nodes(b.Context(), "acme", users)
			if err != nil || len(views) != benchUsers || views[0].Held == 0 {
				b.Fatal(len(views), err)
			}
		}
	})
	b.Run("users", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			paths, err := l.Users(b.Context(), "acme")
			if err != nil || len(paths) != benchUsers {
				b.Fatal(len(paths), err)
			}
		}
	})
}

// BenchmarkReserveAndSettle is one caller after the other, for the allocations
// of the client.
func BenchmarkReserveAndSettle(b *testing.B) {
	r := clustertest.Redis(b)
	client := r.Client()
	defer client.Close()
	l := New(client)
	users := benchOrganization(b, l, "acme", 10)
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		id := fmt.Sprintf("request-%d", i)
		if _, err := l.Reserve(b.Context(), Reservation{ID: id, Path: users[0], Amount: 5, TTL: MaxTTL}); err != nil {
			b.Fatal(err)
		}
		if _, err := l.Settle(b.Context(), id, users[0], 3); err != nil {
			b.Fatal(err)
		}
	}
}
