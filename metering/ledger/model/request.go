package model

import "math/big"

// Reserve is the script of that name. Times are in ms.
func (l *Ledger) Reserve(now int64, id string, amount, ttl int64, path string) Answer {
	paths := ancestors(path)
	if h := l.Holds[id]; h != nil {
		switch {
		case h.State == Settled || h.State == Recorded:
			return Answer{"used"}
		case h.Path != path:
			return Answer{"mismatch"}
		case h.State == Expired:
			return Answer{"used"}
		}
		a := Answer{"granted", h.Amount, h.Deadline, h.Starts[0], h.Starts[1], h.Starts[2], h.Starts[3]}
		for i := range paths {
			left := int64(-1)
			if lv, _ := l.levelOf(i, paths, now/1000); lv != nil && lv.window.Start == h.Starts[i] {
				left, _ = lv.left(0)
			}
			a = append(a, left)
		}
		return a
	}
	h := &Hold{State: Held, Amount: amount, Deadline: now + ttl, Path: path}
	var levels [4]*level
	var left [4]int64
	for i := range paths {
		lv, no := l.levelOf(i, paths, now/1000)
		if no != nil {
			return no
		}
		rest, refused := lv.left(amount)
		if refused {
			_, most, _ := limit(lv.terms.Limit)
			return Answer{"refused", int64(i + 1), most, lv.window.Spent.String(), lv.window.Held, lv.window.Start}
		}
		if lv.window.Held+amount > maxAmount || full(lv.window) {
			return Answer{"toomuch", int64(i + 1)}
		}
		levels[i], left[i], h.Starts[i] = lv, rest, lv.window.Start
	}
	for _, lv := range levels {
		lv.window.Held += amount
	}
	l.begin(id, h, h.Deadline, now, levels)
	return Answer{"granted", amount, h.Deadline, h.Starts[0], h.Starts[1], h.Starts[2], h.Starts[3], left[0], left[1], left[2], left[3]}
}

// Record is the script of that name.
func (l *Ledger) Record(now int64, id string, actual, keep int64, path string) Answer {
	if h := l.Holds[id]; h != nil {
		if h.State == Held || h.State == Expired {
			return Answer{"held"}
		}
		return Answer{"dup"}
	}
	paths := ancestors(path)
	var levels [4]*level
	for i := range paths {
		lv, no := l.levelOf(i, paths, now/1000)
		if no != nil {
			return no
		}
		levels[i] = lv
	}
	for _, lv := range levels {
		lv.window.Spent = new(big.Int).Add(lv.window.Spent, big.NewInt(actual))
	}
	l.begin(id, &Hold{State: Recorded, Amount: actual, Until: now + keep}, now+keep, now, levels)
	return Answer{"recorded"}
}

// begin stores a new id and the levels it uses.
func (l *Ledger) begin(id string, h *Hold, due, now int64, levels [4]*level) {
	l.Holds[id], l.Due[id] = h, due
	if user := levels[3]; now >= user.window.Last+touch {
		l.Touched[user.path] = max(now, l.Touched[user.path])
	}
	for _, lv := range levels {
		l.write(lv, now)
	}
}

// Settle is the script of that name.
func (l *Ledger) Settle(now int64, id string, actual int64, path string) Answer {
	h := l.Holds[id]
	switch {
	case h == nil:
		return Answer{"gone"}
	case h.State == Settled || h.State == Recorded:
		return Answer{"settled", h.Amount}
	case h.Path != path:
		return Answer{"mismatch"}
	case h.State == Expired && now >= h.Deadline+grace:
		return Answer{"gone"}
	case h.State == Expired:
		l.charge(h, actual-h.Amount, 0)
	default:
		l.charge(h, actual, -h.Amount)
	}
	l.Holds[id] = &Hold{State: Settled, Amount: actual, Until: h.Deadline + memory}
	return Answer{"settled", actual}
}

// Expire is the script of that name. The path of a tombstone is "".
func (l *Ledger) Expire(now int64, id, path string) Answer {
	h := l.Holds[id]
	if h == nil {
		delete(l.Due, id)
		return Answer{"gone"}
	}
	over := now >= h.Deadline+grace
	switch h.State {
	case Settled, Recorded:
		if now < h.Until {
			return Answer{"early"}
		}
	default:
		if h.Path != path {
			return Answer{"mismatch"}
		}
		if now < h.Deadline || (h.State == Expired && !over) {
			return Answer{"early"}
		}
	}
	if h.State == Held {
		l.charge(h, h.Amount, -h.Amount)
		amount := h.Amount
		if !over {
			h.State, l.Due[id] = Expired, h.Deadline+grace
			return Answer{"expired", amount}
		}
		delete(l.Holds, id)
		delete(l.Due, id)
		return Answer{"expired", amount}
	}
	delete(l.Holds, id)
	delete(l.Due, id)
	return Answer{"forgotten"}
}

// charge changes what is spent and held in the windows of a hold, or what was
// trimmed of them.
func (l *Ledger) charge(h *Hold, spent, held int64) {
	for i, path := range ancestors(h.Path) {
		n := l.node(path)
		n.change(h.Starts[i], big.NewInt(spent), held)
	}
}

func (n *Node) change(start int64, spent *big.Int, held int64) {
	for _, w := range append([]*Window{n.Open}, n.Closed...) {
		if w.Start == start {
			w.Spent = new(big.Int).Add(w.Spent, spent)
			w.Held += held
			return
		}
	}
	n.Trimmed.Add(n.Trimmed, spent)
}
