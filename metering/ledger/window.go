package ledger

import (
	"encoding/binary"
	"math"
	"strconv"
	"strings"

	"tollgate.dev/tollgate/metering/money"
)

// Sizes of what the scripts pack, in bytes.
const (
	windowBytes = 64 // start, end, s1, s0, h, last use, and the limit repeated: eight doubles
	holdBytes   = 49 // state, amount, deadline, four window starts; the user's key follows
	tombBytes   = 17 // state, amount, until when it is kept
)

// limb is the base of a sum's two limbs: s = s1*limb + s0.
const limb = 1_000_000_000_000

// exact is the largest amount that the scripts count with, in nano-USD.
const exact = 9_000_000_000_000_000

// window is an unpacked window.
type window struct {
	start, end  int64 // seconds
	spent, held money.Amount
	last        int64 // ms
	// limit and also repeat what other fields say; see repeat.go.
	limit, also float64
}

// unpackWindow reads eight little-endian doubles. It returns false unless the
// first six are what the scripts write and the sum fits an Amount; what the last
// two may be depends on other fields.
func unpackWindow(s string) (window, bool) {
	if len(s) != windowBytes {
		return window{}, false
	}
	var raw [windowBytes]byte
	copy(raw[:], s)
	var n [6]int64
	for i, most := range [...]float64{never, never, math.MaxInt64 / limb, limb - 1, exact, never * 1000} {
		f := double(raw[8*i:])
		if !(f >= 0 && f <= most) || f != math.Trunc(f) {
			return window{}, false
		}
		n[i] = int64(f)
	}
	if n[2] == math.MaxInt64/limb && n[3] > math.MaxInt64%limb {
		return window{}, false
	}
	return window{
		start: n[0], end: n[1],
		spent: money.Amount(n[2]*limb + n[3]), held: money.Amount(n[4]),
		last:  n[5],
		limit: double(raw[48:]), also: double(raw[56:]),
	}, true
}

func double(b []byte) float64 { return math.Float64frombits(binary.LittleEndian.Uint64(b)) }

// parseLimit reads what encodeLimit writes.
func parseLimit(s string) (Enforcement, money.Amount, bool) {
	if s == "-" {
		return None, 0, true
	}
	if len(s) < 2 || len(s) > 17 {
		return None, 0, false
	}
	kind := strings.IndexByte("BAT", s[0])
	n, err := strconv.ParseUint(s[1:], 10, 63)
	if kind < 0 || err != nil || n > exact {
		return None, 0, false
	}
	return Block + Enforcement(kind), money.Amount(n), true
}

// boundaries are a calendar as Redis holds it: ten digits each.
type boundaries string

// valid says whether b is two or more numbers of ten digits.
func (b boundaries) valid() bool {
	if len(b) < 20 || len(b)%10 != 0 {
		return false
	}
	for i := range len(b) {
		if b[i] < '0' || b[i] > '9' {
			return false
		}
	}
	return true
}

func (b boundaries) at(i int) int64 {
	var n int64
	for _, c := range []byte(b[10*i : 10*i+10]) {
		n = n*10 + int64(c-'0')
	}
	return n
}

func (b boundaries) last() int64 { return b.at(len(b)/10 - 1) }

// window returns the window that holds now, and whether there is one. It is
// the search of levels.lua.
func (b boundaries) window(now int64) (start, end int64, ok bool) {
	lo, hi := 0, len(b)/10-1
	if hi < 1 || now < b.at(0) || now >= b.at(hi) {
		return 0, 0, false
	}
	for hi-lo > 1 {
		mid := (lo + hi) / 2
		if now < b.at(mid) {
			hi = mid
		} else {
			lo = mid
		}
	}
	return b.at(lo), b.at(hi), true
}
