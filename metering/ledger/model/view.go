package model

import "math/big"

// View is a node as a reader sees it.
type View struct {
	Applied           bool
	Terms, Next, User Terms // zero when there are none
	Start, End        int64 // s; both zero when there is no window
	Spent             *big.Int
	Held              int64
	First, Last       int64 // ms
	NoWindow          bool  // no window of the calendar holds now
}

// View is what a node is at a time, in ms, without a change.
func (l *Ledger) View(now int64, path string) View {
	n := l.node(path)
	v := View{Applied: n.Own != nil, Spent: new(big.Int), First: n.First}
	if n.Users != nil {
		v.User = *n.Users
	}
	if n.Open != nil {
		v.Last = n.Open.Last
	}
	var group *Node
	if p := ancestorsOf(path); len(p) == 4 {
		group = l.node(p[2])
	}
	if w := n.Open; w != nil && now/1000 < w.End {
		v.Start, v.End, v.Spent, v.Held = w.Start, w.End, w.Spent, w.Held
		t, ok := l.inForce(n, group)
		if !ok {
			return v
		}
		v.Terms = t
		if f, _ := l.following(n, group); f.Calendar != t.Calendar {
			v.Next = f
		}
		return v
	}
	t, ok := l.following(n, group)
	if !ok {
		return v
	}
	v.Terms = t
	start, end, ok := l.window(t.Calendar, now/1000)
	if !ok {
		v.NoWindow = true
		return v
	}
	if n.Open != nil {
		start = max(start, n.Open.End)
	}
	v.Start, v.End = start, end
	return v
}

func ancestorsOf(path string) []string {
	var paths []string
	for i := range len(path) {
		if path[i] == '.' {
			paths = append(paths, path[:i])
		}
	}
	return append(paths, path)
}
