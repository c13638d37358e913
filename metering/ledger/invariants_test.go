package ledger

import (
	"math/big"
	"strings"
	"testing"

	"github.com/redis/go-redis/v9"

	"tollgate.dev/tollgate/metering/money"
)

// books are an organization's sums at one instant: lifetime sums, derived from
// T and every window, and the open holds.
type books struct {
	nodes map[Path]*nodeBooks
	holds map[Path]*big.Int // by user
}

type nodeBooks struct {
	limit       string
	spent, held *big.Int // lifetime
	windows     []rawWindow
}

// snapshot is readBooks that has to succeed.
func snapshot(tb testing.TB, client redis.UniversalClient, org string, users []Path) *books {
	tb.Helper()
	b, err := readBooks(tb, client, org, users)
	if err != nil {
		tb.Fatal(err)
	}
	return b
}

// readBooks reads everything in one transaction. It fails when Redis does.
func readBooks(tb testing.TB, client redis.UniversalClient, org string, users []Path) (*books, error) {
	tb.Helper()
	ctx := tb.Context()
	paths := map[Path]bool{}
	for _, u := range users {
		for _, p := range u.ancestors() {
			paths[p] = true
		}
	}
	tx := client.TxPipeline()
	nodes := map[Path]*redis.MapStringStringCmd{}
	for p := range paths {
		nodes[p] = tx.HGetAll(ctx, nodeKey(p))
	}
	open := tx.HGetAll(ctx, openKey(org))
	if _, err := tx.Exec(ctx); err != nil {
		return nil, err
	}
	b := &books{nodes: map[Path]*nodeBooks{}, holds: map[Path]*big.Int{}}
	for p, cmd := range nodes {
		f := cmd.Val()
		n := &nodeBooks{limit: f["lim"], spent: new(big.Int), held: new(big.Int)}
		n.windows = rawWindows(tb, open.Val()[nodeKey(p)]+f["c"])
		for _, w := range n.windows {
			n.spent.Add(n.spent, w.spent)
			n.held.Add(n.held, big.NewInt(w.held))
		}
		if t := f["T"]; t != "" {
			d := doubles(tb, t, 2)
			n.spent.Add(n.spent, limbs(d[0], d[1]))
		}
		b.nodes[p] = n
	}
	for id, packed := range open.Val() {
		if id == sentinel || strings.HasPrefix(id, keyStart) || packed[0] != 'o' {
			continue
		}
		user, ok := pathOf(org, packed[holdBytes:])
		if !ok {
			tb.Fatalf("%s is a hold of %q", id, packed[holdBytes:])
		}
		if b.holds[user] == nil {
			b.holds[user] = new(big.Int)
		}
		b.holds[user].Add(b.holds[user], big.NewInt(int64(doubles(tb, packed[1:9], 1)[0])))
	}
	return b, nil
}

// checkSums is I1: what a node spent and holds is the sum over its children,
// and what a user holds is its open holds.
func (b *books) checkSums(tb testing.TB) {
	tb.Helper()
	spent, held := map[Path]*big.Int{}, map[Path]*big.Int{}
	for p, n := range b.nodes {
		up := p.Parent()
		if up == "" {
			continue
		}
		if spent[up] == nil {
			spent[up], held[up] = new(big.Int), new(big.Int)
		}
		spent[up].Add(spent[up], n.spent)
		held[up].Add(held[up], n.held)
	}
	for p, n := range b.nodes {
		if p.Level() == User {
			want := b.holds[p]
			if want == nil {
				want = new(big.Int)
			}
			if n.held.Cmp(want) != 0 {
				tb.Errorf("I1: %s holds %s, its open holds are %s", p, n.held, want)
			}
			continue
		}
		if n.spent.Cmp(spent[p]) != 0 || n.held.Cmp(held[p]) != 0 {
			tb.Errorf("I1: %s spent %s and holds %s; its children spent %s and hold %s", p, n.spent, n.held, spent[p], held[p])
		}
	}
}

// checkLimits is I3 for traffic that costs no more than its holds: no window of
// a Block node has more than the limit and what was recorded there.
func (b *books) checkLimits(tb testing.TB, limits, recorded map[Path]money.Amount) {
	tb.Helper()
	for p, limit := range limits {
		most := big.NewInt(int64(limit + recorded[p]))
		for _, w := range b.nodes[p].windows {
			if sum := new(big.Int).Add(w.spent, big.NewInt(w.held)); sum.Cmp(most) > 0 {
				tb.Errorf("I3: %s spent and holds %s in the window since %d, over its limit of %d and %d recorded",
					p, sum, w.start, int64(limit), int64(recorded[p]))
			}
		}
	}
}

// charges returns what Redis says that each request was charged, of all requests
// that it knows, and fails when it still holds money for one.
func charges(tb testing.TB, client redis.UniversalClient, org string) map[string]money.Amount {
	tb.Helper()
	open, err := client.HGetAll(tb.Context(), openKey(org)).Result()
	if err != nil {
		tb.Fatal(err)
	}
	charged := map[string]money.Amount{}
	for id, packed := range open {
		switch {
		case id == sentinel || strings.HasPrefix(id, keyStart):
		case packed[0] == 'o':
			tb.Errorf("%s is still held", id)
		default:
			charged[id] = money.Amount(doubles(tb, packed[1:9], 1)[0])
		}
	}
	return charged
}
