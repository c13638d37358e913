package model

import (
	"math/big"
	"strconv"
	"strings"
)

// Bounds of the protocol.
const (
	maxAmount = 9_000_000_000_000_000     // nano-USD in one call, and held in one window
	maxSpent  = 9_000_000_000_000_000_000 // nano-USD from which on a window takes no hold
	grace     = 600_000                   // ms for which an expired hold can be corrected
	final     = 1_200                     // s after its end at which a window is final
	touch     = 60_000                    // ms between two writes of a last use
	memory    = 60_000                    // ms after a hold's deadline for which its settlement is remembered
)

// Terms are a limit as the field `lim` writes it ("B100", "A100", "T100", "-")
// and a calendar id.
type Terms struct{ Limit, Calendar string }

// Window is one budget period of one node.
type Window struct {
	Start, End int64 // s
	Spent      *big.Int
	Held       int64
	Last       int64 // ms
}

// Node is one budget level.
type Node struct {
	Own, Next *Terms // listed nodes
	Kept      *Terms // those of the open window of a node that is not listed
	Users     *Terms // a group's, for users who are not listed
	Open      *Window
	Closed    []*Window
	Trimmed   *big.Int // nil until a window has rolled
	First     int64    // ms, 0 when never used
}

// State says what an id stands for.
type State byte

// The states of an id.
const (
	Held     State = 'o'
	Expired  State = 'x'
	Settled  State = 's'
	Recorded State = 'r'
)

// Hold is what an id stands for. Settled and recorded ids have an amount and the
// time until which they are remembered.
type Hold struct {
	State    State
	Amount   int64
	Deadline int64 // ms
	Starts   [4]int64
	Path     string
	Until    int64 // ms
}

// Layout is the version of what the ledger keeps.
const Layout = 1

// Ledger is the ledger of one organization.
type Ledger struct {
	Layout     int64 // 0 before the first application
	Generation int64
	Nodes      map[string]*Node
	Holds      map[string]*Hold
	Due        map[string]int64
	Calendars  map[string][]int64
	Touched    map[string]int64
}

// New returns an empty ledger.
func New() *Ledger {
	return &Ledger{
		Nodes:     map[string]*Node{},
		Holds:     map[string]*Hold{},
		Due:       map[string]int64{},
		Calendars: map[string][]int64{},
		Touched:   map[string]int64{},
	}
}

// Answer is what a script answers: a word, then strings and int64s.
type Answer []any

// node returns a node, an unknown one when there is none.
func (l *Ledger) node(path string) *Node {
	if n := l.Nodes[path]; n != nil {
		return n
	}
	return &Node{}
}

// ancestors returns the four paths of a user.
func ancestors(user string) [4]string {
	parts := strings.Split(user, ".")
	var paths [4]string
	for i := range paths {
		paths[i] = strings.Join(parts[:i+1], ".")
	}
	return paths
}

// limit takes "B100" apart. ok is false when there is no limit.
func limit(s string) (kind byte, amount int64, ok bool) {
	if s == "-" {
		return '-', 0, false
	}
	n, err := strconv.ParseInt(s[1:], 10, 64)
	if err != nil {
		panic("model: limit " + s)
	}
	return s[0], n, true
}

// window returns the window of a calendar that holds now.
func (l *Ledger) window(calendar string, now int64) (start, end int64, ok bool) {
	b := l.Calendars[calendar]
	for i := 0; i+1 < len(b); i++ {
		if b[i] <= now && now < b[i+1] {
			return b[i], b[i+1], true
		}
	}
	return 0, 0, false
}

// full says whether a window has so much spent that it takes no further hold.
func full(w *Window) bool { return w.Spent.Cmp(big.NewInt(maxSpent)) >= 0 }
