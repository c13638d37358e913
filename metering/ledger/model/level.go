package model

import (
	"math/big"
	"strings"
)

// level is a node as a reserve or a record would use it now.
type level struct {
	node   *Node
	path   string
	terms  Terms
	window *Window // a copy; a new one when rolled
	rolled bool
	keep   bool // the terms are a default's and belong to the window
	taken  bool // the terms are those that waited
}

// inForce returns the terms in force in the open window, if there are any.
func (l *Ledger) inForce(n *Node, group *Node) (Terms, bool) {
	switch {
	case n.Own != nil:
		return *n.Own, true
	case group == nil || group.Users == nil:
		return Terms{}, false
	case n.Kept != nil && n.Kept.Calendar != group.Users.Calendar:
		return *n.Kept, true
	}
	return *group.Users, true
}

// following returns the terms of the window that opens when none is open.
func (l *Ledger) following(n *Node, group *Node) (Terms, bool) {
	switch {
	case n.Next != nil:
		return *n.Next, true
	case n.Own != nil:
		return *n.Own, true
	case group == nil || group.Users == nil:
		return Terms{}, false
	}
	return *group.Users, true
}

// levelOf returns a level, or the answer that says why there is none.
func (l *Ledger) levelOf(i int, paths [4]string, now int64) (*level, Answer) {
	n := l.node(paths[i])
	var group *Node
	if i == 3 {
		group = l.node(paths[2])
	}
	lv := &level{node: n, path: paths[i]}
	if w := n.Open; w != nil && now < w.End {
		t, ok := l.inForce(n, group)
		if !ok {
			return nil, Answer{"unknown", int64(i + 1)}
		}
		c := *w
		lv.terms, lv.window, lv.keep = t, &c, n.Own == nil
		return lv, nil
	}
	t, ok := l.following(n, group)
	if !ok {
		return nil, Answer{"unknown", int64(i + 1)}
	}
	start, end, ok := l.window(t.Calendar, now)
	if !ok {
		return nil, Answer{"nowindow", int64(i + 1), t.Calendar}
	}
	w := &Window{Start: start, End: end, Spent: new(big.Int)}
	if n.Open != nil {
		w.Start, w.Last = max(start, n.Open.End), n.Open.Last
	}
	lv.terms, lv.window, lv.rolled = t, w, true
	lv.keep, lv.taken = n.Own == nil, n.Next != nil
	return lv, nil
}

// left returns what the limit leaves, without the amount, never below 0 and -1
// without a limit; and whether a Block limit refuses the amount.
func (lv *level) left(amount int64) (left int64, refused bool) {
	kind, most, ok := limit(lv.terms.Limit)
	if !ok {
		return -1, false
	}
	rest := new(big.Int).Sub(big.NewInt(most), lv.window.Spent)
	rest.Sub(rest, big.NewInt(lv.window.Held))
	rest.Sub(rest, big.NewInt(amount))
	if rest.Sign() >= 0 {
		return rest.Int64(), false
	}
	return 0, kind == 'B'
}

// write stores a level that was used.
func (l *Ledger) write(lv *level, nowMS int64) {
	n := lv.node
	if l.Nodes[lv.path] == nil {
		l.Nodes[lv.path] = n
	}
	if lv.rolled {
		if n.Open == nil {
			n.First = nowMS
		} else {
			l.close(n, nowMS/1000)
		}
	}
	if lv.taken {
		n.Own, n.Next = n.Next, nil
	}
	if t := lv.terms; lv.keep && (lv.rolled || n.Kept == nil || n.Kept.Calendar != t.Calendar || !sameNumber(n.Kept.Limit, t.Limit)) {
		n.Kept = &t
	}
	if nowMS >= lv.window.Last+touch {
		lv.window.Last = nowMS
	}
	n.Open = lv.window
}

// sameNumber tells whether two limits are one number to an open window, which
// does not tell Alert from Throttle: neither refuses.
func sameNumber(a, b string) bool {
	alike := func(s string) string { return strings.Replace(s, "T", "A", 1) }
	return alike(a) == alike(b)
}

// close puts the ended window behind the closed ones and trims what is final.
func (l *Ledger) close(n *Node, now int64) {
	if n.Trimmed == nil {
		n.Trimmed = new(big.Int)
	}
	var kept []*Window
	for _, w := range append(n.Closed, n.Open) {
		if w.Held == 0 && now >= w.End+final {
			n.Trimmed.Add(n.Trimmed, w.Spent)
		} else {
			kept = append(kept, w)
		}
	}
	n.Closed = kept
}
