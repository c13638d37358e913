package model

// Write is what an application does to one node.
type Write struct {
	Path   string
	Verb   string // "set", "remove" or "keep"
	Terms  Terms
	Users  *Terms
	Reset  int64 // start of the window to end now
	Resets bool
}

// Apply is the script of that name, for one chunk.
func (l *Ledger) Apply(now, generation int64, calendars map[string][]int64, writes []Write) Answer {
	if l.Layout != 0 && l.Layout != Layout {
		return Answer{"layout", l.Layout}
	}
	if generation < l.Generation {
		return Answer{"stale", l.Generation}
	}
	for i, w := range writes {
		if o := l.node(w.Path).Open; o != nil && w.Resets && o.Start == w.Reset && now/1000 < o.End && now/1000 <= o.Start {
			return Answer{"early", int64(i + 1)}
		}
	}
	l.Layout, l.Generation = Layout, generation
	for id, b := range calendars {
		l.Calendars[id] = b
	}
	for _, w := range writes {
		n := l.Nodes[w.Path]
		if n == nil {
			n = &Node{}
			if w.Verb == "set" {
				l.Nodes[w.Path] = n
			}
		}
		if o := n.Open; o != nil && w.Resets && o.Start == w.Reset && now/1000 < o.End {
			o.End = now / 1000
		}
		switch w.Verb {
		case "set":
			l.set(n, w, n.Open != nil && now/1000 < n.Open.End)
		case "remove":
			l.remove(n, w.Path)
		}
	}
	return Answer{"ok"}
}

func (l *Ledger) set(n *Node, w Write, open bool) {
	now := n.Own
	if now == nil {
		now = n.Kept
	}
	terms := w.Terms
	if open && now != nil && now.Calendar != terms.Calendar {
		n.Own, n.Next = &Terms{now.Limit, now.Calendar}, &terms
	} else {
		n.Own, n.Next = &terms, nil
	}
	n.Kept, n.Users = nil, w.Users
	if _, ok := l.Touched[w.Path]; !ok {
		l.Touched[w.Path] = 0
	}
}

func (l *Ledger) remove(n *Node, path string) {
	if n.Own != nil && n.Open != nil {
		n.Kept = n.Own
	}
	n.Own, n.Next, n.Users = nil, nil, nil
	if t, ok := l.Touched[path]; ok && t == 0 {
		delete(l.Touched, path)
	}
}
