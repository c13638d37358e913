package ledger

import (
	"context"
	"fmt"
	"net"
	"sync/atomic"
	"testing"

	"github.com/redis/go-redis/v9"

	"tollgate.dev/tollgate/hack/cluster/clustertest"
	"tollgate.dev/tollgate/metering/money"
)

// trips counts the round trips of a client: single commands and pipelines.
type trips struct{ n atomic.Int64 }

func (t *trips) DialHook(next redis.DialHook) redis.DialHook {
	return func(ctx context.Context, network, addr string) (net.Conn, error) { return next(ctx, network, addr) }
}

func (t *trips) ProcessHook(next redis.ProcessHook) redis.ProcessHook {
	return func(ctx context.Context, cmd redis.Cmder) error {
		t.n.Add(1)
		return next(ctx, cmd)
	}
}

func (t *trips) ProcessPipelineHook(next redis.ProcessPipelineHook) redis.ProcessPipelineHook {
	return func(ctx context.Context, cmds []redis.Cmder) error {
		t.n.Add(1)
		return next(ctx, cmds)
	}
}

// TestListsTakeFewRoundTrips lists organizations of several sizes: one round
// trip for the users and one for each thousand nodes, whose views are those of
// the paths that were asked for, in their order.
func TestListsTakeFewRoundTrips(t *testing.T) {
	t.Parallel()
	r := clustertest.Redis(t)
	client := r.Client()
	defer client.Close()
	// Connecting takes round trips of its own, so each size warms up first.
	counted := &trips{}
	client.AddHook(counted)
	l := New(client)
	for _, way := range []*Ledger{l, New(throughPlain{client})} {
		if views, err := way.Nodes(t.Context(), "acme", nil); err != nil || len(views) != 0 {
			t.Errorf("no nodes: %v, %v", views, err)
		}
	}
	for _, tc := range []struct {
		users int
		want  int64
	}{{users: 10, want: 2}, {users: 490, want: 2}, {users: 980, want: 2}, {users: 2500, want: 4}} {
		t.Run(fmt.Sprint(tc.users), func(t *testing.T) {
			org := fmt.Sprintf("org-%d", tc.users)
			total := Calendar{ID: "Total", Total: true}
			terms := Terms{Limit: 100 * money.Dollar, Enforcement: Block, Calendar: "Total"}
			group := Path(org + ".chat.eng")
			nodes := []NodeTerms{{Path: Path(org), Terms: terms}, {Path: Path(org + ".chat"), Terms: terms}, {Path: group, Terms: terms}}
			for u := range tc.users {
				terms.Limit = money.Amount(u+1) * money.Dollar
				nodes = append(nodes, NodeTerms{Path: Path(fmt.Sprintf("%s.user-%05d", group, u)), Terms: terms})
			}
			listed(t, l, org, []Calendar{total}, nodes...)
			if _, err := l.Nodes(t.Context(), org, []Path{Path(org)}); err != nil {
				t.Fatal(err)
			}
			before := counted.n.Load()
			users, err := l.Users(t.Context(), org)
			if err != nil {
				t.Fatal(err)
			}
			views, err := l.Nodes(t.Context(), org, users)
			if err != nil {
				t.Fatal(err)
			}
			if got := counted.n.Load() - before; got != tc.want {
				t.Errorf("%d round trips, want %d", got, tc.want)
			}
			if len(views) != tc.users {
				t.Fatalf("%d views of %d users", len(views), tc.users)
			}
			for i, v := range views {
				if want := nodes[3+i]; v.Err != nil || v.Path != want.Path || v.Limit != want.Terms.Limit {
					t.Fatalf("view %d is %s with the limit %s (%v), want %s with %s", i, v.Path, v.Limit, v.Err, want.Path, want.Terms.Limit)
				}
			}
		})
	}
}
