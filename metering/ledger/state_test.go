package ledger

import (
	"context"
	"encoding/binary"
	"fmt"
	"math"
	"math/big"
	"sort"
	"strings"
	"testing"

	"github.com/redis/go-redis/v9"

	"tollgate.dev/tollgate/metering/ledger/model"
)

// state is everything that Redis holds for an organization, unpacked by a
// reader of its own (not by the code under test) and written as text.
type state struct {
	Layout     string
	Generation string
	Nodes      map[string]string
	Holds      map[string]string
	Due        map[string]string
	Touched    map[string]string
}

// packed window, sums unpacked.
type rawWindow struct {
	start, end  int64
	spent       *big.Int
	held, last  int64
	limit, also float64
}

func doubles(tb testing.TB, s string, n int) []float64 {
	tb.Helper()
	if len(s) != 8*n {
		tb.Fatalf("%d bytes, not %d doubles", len(s), n)
	}
	d := make([]float64, n)
	for i := range d {
		d[i] = math.Float64frombits(binary.LittleEndian.Uint64([]byte(s[8*i:])))
		if d[i] != math.Trunc(d[i]) {
			tb.Fatalf("%v is not whole", d[i])
		}
	}
	return d
}

func limbs(s1, s0 float64) *big.Int {
	s := new(big.Int).Mul(big.NewInt(int64(s1)), big.NewInt(1_000_000_000_000))
	return s.Add(s, big.NewInt(int64(s0)))
}

func rawWindows(tb testing.TB, s string) []rawWindow {
	tb.Helper()
	var all []rawWindow
	for ; s != ""; s = s[64:] {
		d := doubles(tb, s[:64], 8)
		all = append(all, rawWindow{int64(d[0]), int64(d[1]), limbs(d[2], d[3]), int64(d[4]), int64(d[5]), d[6], d[7]})
	}
	return all
}

func (w rawWindow) String() string {
	return fmt.Sprintf("[%d,%d) spent %s held %d last %d", w.start, w.end, w.spent, w.held, w.last)
}

// redisState reads an organization.
func redisState(tb testing.TB, c redis.UniversalClient, org string, paths []string) state {
	tb.Helper()
	ctx := context.Background()
	pipe := c.Pipeline()
	nodes := make([]*redis.MapStringStringCmd, len(paths))
	for i, p := range paths {
		nodes[i] = pipe.HGetAll(ctx, nodeKey(Path(p)))
	}
	open := pipe.HGetAll(ctx, openKey(org))
	due := pipe.ZRangeWithScores(ctx, dueKey(org), 0, -1)
	touched := pipe.ZRangeWithScores(ctx, touchedKey(org), 0, -1)
	if _, err := pipe.Exec(ctx); err != nil {
		tb.Fatal(err)
	}
	s := state{Nodes: map[string]string{}, Holds: map[string]string{}, Due: map[string]string{}, Touched: map[string]string{}}
	for i, p := range paths {
		f := nodes[i].Val()
		if w, ok := open.Val()[nodeKey(Path(p))]; ok {
			f["w"] = w
		}
		if g, ok := f["gen"]; ok {
			s.Generation, s.Layout = g, f["v"]
			delete(f, "gen")
			delete(f, "v")
		}
		if len(f) > 0 {
			s.Nodes[p] = nodeText(tb, f)
		}
	}
	for id, packed := range open.Val() {
		if id != sentinel && !strings.HasPrefix(id, "tg:{") {
			s.Holds[id] = holdText(tb, packed)
		}
	}
	for _, z := range due.Val() {
		if z.Member != sentinel {
			s.Due[z.Member.(string)] = fmt.Sprintf("%.0f", z.Score)
		}
	}
	for _, z := range touched.Val() {
		if z.Member != sentinel {
			s.Touched[z.Member.(string)] = fmt.Sprintf("%.0f", z.Score)
		}
	}
	return s
}

func nodeText(tb testing.TB, f map[string]string) string {
	tb.Helper()
	var lines []string
	for k, v := range f {
		switch k {
		case "w", "c":
			for _, w := range rawWindows(tb, v) {
				lines = append(lines, k+"="+w.String())
				if k == "w" {
					lines = append(lines, fmt.Sprintf("repeated %.0f %.0f", w.limit, w.also))
				}
			}
		case "T":
			d := doubles(tb, v, 2)
			lines = append(lines, "T="+limbs(d[0], d[1]).String())
		default:
			lines = append(lines, k+"="+v)
		}
	}
	sort.Strings(lines)
	return strings.Join(lines, "; ")
}

func holdText(tb testing.TB, s string) string {
	tb.Helper()
	if len(s) == 17 {
		d := doubles(tb, s[1:], 2)
		return fmt.Sprintf("%c %.0f until %.0f", s[0], d[0], d[1])
	}
	d := doubles(tb, s[1:49], 6)
	_, path, _ := strings.Cut(s[49:], "}:b:")
	return fmt.Sprintf("%c %.0f until %.0f in %.0f of %s", s[0], d[0], d[1], d[2:], path)
}

// repeated is what the open window says of the limit in force, which other
// fields say as well.
func repeated(path string, n *model.Node) string {
	code := func(t *model.Terms) float64 {
		if t == nil {
			return 1e17
		}
		e, limit, _ := parseLimit(t.Limit)
		switch e {
		case None:
			return -1
		case Block:
			return float64(limit)
		}
		return float64(-2 - limit)
	}
	limit, also := code(n.Own), 0.0
	switch Path(path).Level() {
	case Group:
		also = code(n.Users)
	case User:
		if n.Own == nil {
			limit, also = code(n.Kept), 1
		}
	}
	return fmt.Sprintf("repeated %.0f %.0f", limit, also)
}

// modelState writes the oracle's state in the same words.
func modelState(m *model.Ledger) state {
	s := state{Nodes: map[string]string{}, Holds: map[string]string{}, Due: map[string]string{}, Touched: map[string]string{}}
	if m.Generation > 0 {
		s.Generation, s.Layout = fmt.Sprint(m.Generation), fmt.Sprint(m.Layout)
	}
	for path, n := range m.Nodes {
		var lines []string
		terms := func(lim, cal string, t *model.Terms) {
			if t != nil {
				lines = append(lines, lim+"="+t.Limit, cal+"="+t.Calendar)
			}
		}
		terms("lim", "cal", n.Own)
		terms("nl", "nc", n.Next)
		terms("wl", "wc", n.Kept)
		terms("ul", "uc", n.Users)
		window := func(k string, w *model.Window) {
			lines = append(lines, k+"="+rawWindow{start: w.Start, end: w.End, spent: w.Spent, held: w.Held, last: w.Last}.String())
		}
		if n.Open != nil {
			window("w", n.Open)
			lines = append(lines, repeated(path, n))
		}
		for _, w := range n.Closed {
			window("c", w)
		}
		if n.Trimmed != nil {
			lines = append(lines, "T="+n.Trimmed.String())
		}
		if n.First != 0 {
			lines = append(lines, fmt.Sprintf("t0=%d", n.First))
		}
		if len(lines) > 0 {
			sort.Strings(lines)
			s.Nodes[path] = strings.Join(lines, "; ")
		}
	}
	for id, h := range m.Holds {
		if h.State == model.Settled || h.State == model.Recorded {
			s.Holds[id] = fmt.Sprintf("%c %d until %d", h.State, h.Amount, h.Until)
		} else {
			s.Holds[id] = fmt.Sprintf("%c %d until %d in %d of %s", h.State, h.Amount, h.Deadline, h.Starts, h.Path)
		}
	}
	for id, at := range m.Due {
		s.Due[id] = fmt.Sprint(at)
	}
	for p, at := range m.Touched {
		s.Touched[p] = fmt.Sprint(at)
	}
	return s
}
